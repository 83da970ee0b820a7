import { hash32 } from '../../model/index.ts';
import { type Claim, ruleProblem } from './claim.ts';
import type { RuleProblem } from './rule-problem.ts';

/** The claims of one balancer to one port, host and path, in their order; never empty. */
export type Group = readonly [Claim, ...Claim[]];

/** What claims with one backend have in common. */
export function claimKey({ port, host, path }: Pick<Claim, 'port' | 'host' | 'path'>): string {
  return JSON.stringify([port, host?.kind, host?.text, path?.kind, path?.text]);
}

/** `Backend.rule`: host and path are JSON without a blank between. */
export function ruleKey({ port, host, path }: Claim): string {
  return `${JSON.stringify([port, host?.kind, host?.text])} ${JSON.stringify([path?.kind, path?.text])}`;
}

/** What rules of one port and host have in common; seldom, others have it, too. */
export const hostOfRule = (rule: string): string => rule.split(' ', 1)[0] ?? rule;

/** One word that is the same for all ports: a client that changes from http to https keeps its container. */
export function cookieKey({ balancer, host, path }: Claim): string {
  const key = JSON.stringify([balancer, claimKey({ port: 0, host, path })]);
  return hash32(key).toString(16).padStart(8, '0');
}

/**
 * A name for each group, in order, unique: the given one, else one that reads like the key. Groups with equal names get a suffix that
 * depends on their keys, so that they do not share a backend.
 */
export function backendNames(groups: readonly Group[]): {
  readonly names: readonly string[];
  readonly problems: readonly RuleProblem[];
} {
  const taken = new Map<string, Claim>();
  const problems: RuleProblem[] = [];
  const given = groups.map((group) => {
    const claim = group.find(({ backendName }) => backendName !== null);
    const name = claim?.backendName;
    if (!claim || !name) return null;
    const fault = nameFault(name, taken.get(name));
    if (fault === null) taken.set(name, claim);
    else problems.push(ruleProblem(claim.part, ...fault));
    return fault === null ? name : null;
  });
  const names = groups.map((group, at) => {
    const [claim] = group;
    const name = given[at] ?? freeName(claim, taken);
    taken.set(name, claim);
    return name;
  });
  return { names, problems };
}

function nameFault(name: string, owner: Claim | undefined): readonly [what: string, hint: string] | null {
  if (!/^[\w.:-]+$/.test(name)) {
    return [
      `has the backend name ${JSON.stringify(name)}, which is not accepted`,
      'use letters, digits, _, -, . and : only',
    ];
  }
  if (name.startsWith('drover:')) {
    return [`has the backend name ${name}, which is not accepted`, 'use a name that does not begin with drover:'];
  }
  if (!owner) return null;
  return [
    `has the backend name ${name} of rule ${owner.part.rule}, which has another port, host or path`,
    'use another backend_name',
  ];
}

function freeName(claim: Claim, taken: ReadonlyMap<string, Claim>): string {
  const { port, host, path } = claim;
  const readable = `${port}_${host?.text ?? ''}_${path?.text ?? ''}`.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(0, 100);
  if (!taken.has(readable)) return readable;
  let key = claimKey(claim);
  for (;;) {
    const name = `${readable}_${hash32(key).toString(16).padStart(8, '0')}`;
    if (!taken.has(name)) return name;
    key += ' ';
  }
}
