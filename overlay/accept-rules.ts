import { CommandError, type RunCommand } from '../system/index.ts';
import { type Step, step } from './step.ts';

/** What of iptables' filter table matters to us, as `iptables -S` prints it. */
export interface FilterChains {
  readonly forwardPolicy: string;
  /** Rules of FORWARD without `-A FORWARD `. */
  readonly forward: readonly string[];
  /** Rules of DOCKER-USER without `-A DOCKER-USER `; null where Docker has not made it. */
  readonly dockerUser: readonly string[] | null;
}

type ChainName = 'FORWARD' | 'DOCKER-USER';

/** Reads the chains; null where there is no iptables at all. */
export async function readFilterChains(run: RunCommand, signal?: AbortSignal): Promise<FilterChains | null> {
  const forward = await readChain(run, 'FORWARD', signal);
  if (!forward) return null;
  const dockerUser = await readChain(run, 'DOCKER-USER', signal);
  return { forwardPolicy: forward.policy, forward: forward.rules, dockerUser: dockerUser?.rules ?? null };
}

async function readChain(run: RunCommand, chain: ChainName, signal?: AbortSignal) {
  try {
    const text = await run('iptables', ['--wait', '5', '-S', chain], signal ? { signal } : {});
    const lines = text.split('\n');
    const policy = lines.find((line) => line.startsWith('-P '))?.split(' ')[2] ?? '';
    const head = `-A ${chain} `;
    return { policy, rules: lines.filter((line) => line.startsWith(head)).map((line) => line.slice(head.length)) };
  } catch (error) {
    if (error instanceof CommandError && isAbsent(error)) return null;
    throw error;
  }
}

function isAbsent({ stderr, message }: CommandError): boolean {
  // iptables 1.8.9 on nft calls a chain `incompatible` when its table is not there.
  return (
    /No chain\/target\/match by that name|does not exist|is incompatible/.test(stderr) || message.includes('ENOENT')
  );
}

/** A rule of ours, as iptables prints it: `-d 10.0.0.1/32 -o drover0 -m comment --comment drover -j ACCEPT`. */
export function acceptRule(match: string, comment: string): string {
  return `${match} -m comment --comment ${comment} -j ACCEPT`;
}

/**
 * Steps that put `wanted` (all tagged `comment`) in the chain where the operator's own rules stand, behind those and before
 * the chain's end, and nowhere else. Docker's FORWARD policy is DROP and an accept in another table does not overrule it.
 * With nothing wanted this removes what is tagged.
 */
export function planAcceptRules(chains: FilterChains | null, wanted: readonly string[], comment: string): Step[] {
  if (!chains) return [];
  const home: ChainName | null = chains.dockerUser ? 'DOCKER-USER' : chains.forwardPolicy === 'DROP' ? 'FORWARD' : null;
  const lines = (['DOCKER-USER', 'FORWARD'] as const).flatMap((chain) => {
    const rules = (chain === 'FORWARD' ? chains.forward : chains.dockerUser) ?? [];
    return planChain(chain, rules, chain === home ? wanted : [], comment);
  });
  if (lines.length === 0) return [];
  return [step('iptables-restore --wait 5 --noflush', `${['*filter', ...lines, 'COMMIT'].join('\n')}\n`)];
}

function planChain(chain: ChainName, rules: readonly string[], wanted: readonly string[], comment: string): string[] {
  const isOurs = (rule: string): boolean => rule.includes(` --comment ${comment} `);
  const others = rules.filter((rule) => !isOurs(rule));
  const end = others.findIndex((rule) => rule.startsWith('-j '));
  const position = end < 0 ? others.length : end;
  const target = others.toSpliced(position, 0, ...wanted);
  if (target.length === rules.length && target.every((rule, index) => rule === rules[index])) return [];
  return [
    ...rules.filter(isOurs).map((rule) => `-D ${chain} ${rule}`),
    ...wanted.map((rule, index) => `-I ${chain} ${position + index + 1} ${rule}`),
  ];
}
