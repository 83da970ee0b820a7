import { CommandError, type RunCommand } from '../system/index.ts';
import { type Step, step } from './step.ts';

/** The iptables chains that Drover reads; rules as `iptables -S` prints them, without `-A CHAIN `. */
export interface FilterChains {
  readonly forwardPolicy: string;
  readonly forward: readonly string[];
  /** Null: Docker has not created the chain. */
  readonly dockerUser: readonly string[] | null;
  /**
   * PREROUTING of the raw table; null: Docker does not filter there. Since version 28, Docker drops packets to a container
   * that do not arrive on the container's bridge. This includes our replies, long before FORWARD.
   */
  readonly rawPrerouting: readonly string[] | null;
}

/** Null: iptables is not installed. */
export async function readFilterChains(run: RunCommand, signal?: AbortSignal): Promise<FilterChains | null> {
  const filter = await readTable(run, 'filter', signal);
  if (!filter) return null;
  const isDocker28 = filter.includes('-N DOCKER-FORWARD');
  const raw = isDocker28 ? await readTable(run, 'raw', signal) : null;
  return {
    forwardPolicy: filter.find((line) => line.startsWith('-P FORWARD '))?.split(' ')[2] ?? '',
    forward: rulesOf(filter, 'FORWARD'),
    dockerUser: filter.includes('-N DOCKER-USER') ? rulesOf(filter, 'DOCKER-USER') : null,
    rawPrerouting: isDocker28 ? rulesOf(raw ?? [], 'PREROUTING') : null,
  };
}

async function readTable(run: RunCommand, table: string, signal?: AbortSignal): Promise<readonly string[] | null> {
  try {
    return (await run('iptables', ['--wait', '5', '-t', table, '-S'], signal ? { signal } : {})).split('\n');
  } catch (error) {
    if (error instanceof CommandError && error.message.includes('ENOENT')) return null;
    throw error;
  }
}

function rulesOf(lines: readonly string[], chain: string): readonly string[] {
  const head = `-A ${chain} `;
  return lines.filter((line) => line.startsWith(head)).map((line) => line.slice(head.length));
}

/** One of our rules, as iptables prints it: `-d 10.0.0.1/32 -o drover0 -m comment --comment drover -j ACCEPT`. */
export function acceptRule(match: string, comment: string): string {
  return `${match} -m comment --comment ${comment} -j ACCEPT`;
}

/** The rules that one component needs in the chains. */
export interface WantedRules {
  /** Marks the rules of the component. */
  readonly comment: string;
  /** For hosts that drop forwarded packets: Docker sets the FORWARD policy to DROP, and accepting in another table does not override it. */
  readonly forward: readonly string[];
  /** Before Docker's rules in the raw table, if there are any. */
  readonly raw: readonly string[];
}

/**
 * The step that brings the rules to their place: into the chain for the operator's rules, after those and before the end of
 * the chain. If no rules are wanted, it removes all rules with the comment.
 */
export function planAcceptRules(chains: FilterChains | null, { comment, forward, raw }: WantedRules): Step[] {
  if (!chains) return [];
  const { dockerUser, forwardPolicy, rawPrerouting } = chains;
  const home = dockerUser ? 'DOCKER-USER' : forwardPolicy === 'DROP' ? 'FORWARD' : null;
  const wantedIn = (chain: string): readonly string[] => (chain === home ? forward : []);
  const filterLines = [
    ...planChain('DOCKER-USER', dockerUser ?? [], wantedIn('DOCKER-USER'), comment, BEFORE_END),
    ...planChain('FORWARD', chains.forward, wantedIn('FORWARD'), comment, BEFORE_END),
  ];
  const rawLines = rawPrerouting ? planChain('PREROUTING', rawPrerouting, raw, comment, FIRST) : [];
  const text = [...transaction('filter', filterLines), ...transaction('raw', rawLines)];
  return text.length === 0 ? [] : [step('iptables-restore --wait 5 --noflush', `${text.join('\n')}\n`)];
}

function transaction(table: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`*${table}`, ...lines, 'COMMIT'];
}

/** The place of our rules in a chain. */
interface Place {
  /** Index among the other rules at which ours are inserted. */
  readonly among: (others: readonly string[]) => number;
  /** Index among all rules before which ours may be anywhere. */
  readonly limit: (rules: readonly string[], isOurs: (rule: string) => boolean) => number;
}

/** After the operator's rules and before the end of the chain, on either side of the rules of other components. */
const BEFORE_END: Place = { among: endOf, limit: endOf };

const FIRST: Place = {
  among: () => 0,
  limit: (rules, isOurs) => {
    const other = rules.findIndex((rule) => !isOurs(rule));
    return other < 0 ? rules.length : other;
  },
};

function endOf(rules: readonly string[]): number {
  const end = rules.findIndex((rule) => rule.startsWith('-j ') && rule !== '-j DOCKER-USER');
  return end < 0 ? rules.length : end;
}

function planChain(
  chain: string,
  rules: readonly string[],
  wanted: readonly string[],
  comment: string,
  { among, limit }: Place,
): string[] {
  const isOurs = (rule: string): boolean => rule.includes(` --comment ${comment} `);
  const ours = rules.filter(isOurs);
  const inOrder = ours.length === wanted.length && ours.every((rule, index) => rule === wanted[index]);
  if (inOrder && rules.findLastIndex(isOurs) < limit(rules, isOurs)) return [];
  const position = among(rules.filter((rule) => !isOurs(rule)));
  return [
    ...ours.map((rule) => `-D ${chain} ${rule}`),
    ...wanted.map((rule, index) => `-I ${chain} ${position + index + 1} ${rule}`),
  ];
}
