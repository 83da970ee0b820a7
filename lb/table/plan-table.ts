import {
  compareText,
  formatHostPattern,
  type Host,
  type RuleOptions,
  type StickinessPolicy,
} from '../../model/index.ts';
import { backendNames, claimKey, cookieKey, type Group, ruleKey } from './backend-names.ts';
import { balancerClaims, selectorsOf } from './balancer-claims.ts';
import { type BackendPart, type Claim, type Claims, joinClaims, ruleProblem } from './claim.ts';
import { labelClaims } from './label-claims.ts';
import { listenersOf, type NamedGroup } from './listeners.ts';
import { claimName } from './published.ts';
import type { RuleProblem } from './rule-problem.ts';
import { runsOn } from './runs-on.ts';
import { compareSources, type Relations, type Source } from './source.ts';
import type { CustomConfig, LbTable, Listener } from './table.ts';

/** The table without endpoints: everything that changes with rules only. */
export interface TablePlan extends Pick<LbTable, 'listeners' | 'customConfigs' | 'problems'> {
  /** Sorted by name. */
  readonly backends: readonly BackendPlan[];
  readonly relations: Relations;
}

export interface BackendPlan {
  readonly name: string;
  readonly rule: string;
  readonly protocol: Listener['protocol'];
  readonly balancer: string;
  readonly options: RuleOptions;
  readonly stickiness: StickinessPolicy | null;
  readonly cookieKey: string;
  readonly drainTimeoutMs: number | null;
  readonly parts: readonly BackendPart[];
}

export interface PlanContext {
  /** The one whose HAProxy it is; null: not known yet. */
  readonly host: Host | null;
  /** By `publishedSince`. */
  readonly since: ReadonlyMap<string, number>;
}

/** The order of the sources does not matter. */
export function planTable(sources: Iterable<Source>, { host, since }: PlanContext): TablePlan {
  const all = [...sources].sort((a, b) => compareText(a.key, b.key));
  const owners = all.toSorted(compareSources);
  const balancers = owners.filter((source) => isBalancerOf(source, host));
  const { claims, problems } = joinClaims([
    ...balancers.map((source) => balancerClaims(source, all)),
    publishedClaims(all, since),
  ]);
  const { groups: owned, problems: conflicts } = groupsOf(claims);
  const groups = inStableOrder(owned, owners);
  const { names, problems: nameProblems } = backendNames(groups);
  const named = groups.map((group, at): NamedGroup => ({ name: names[at] ?? '', group }));
  const { listeners, problems: listenerProblems } = listenersOf(named, balancers);
  return {
    listeners,
    backends: named.map(backendPlan).sort((a, b) => compareText(a.name, b.name)),
    customConfigs: customConfigs(balancers),
    problems: [...problems, ...conflicts, ...nameProblems, ...listenerProblems].sort(compareProblems),
    relations: { selectors: balancers.flatMap(selectorsOf), isContested: conflicts.length > 0 },
  };
}

function compareProblems(a: RuleProblem, b: RuleProblem): number {
  return compareText(a.service, b.service) || compareText(a.subject, b.subject) || compareText(a.what, b.what);
}

function isBalancerOf({ isBalancer, declaration }: Source, host: Host | null): boolean {
  return isBalancer && declaration?.lbConfig ? runsOn(declaration.lbConfig.options.hosts, host) : false;
}

/** The claims by labels, the oldest first. A service without a known time has the age of its oldest container. */
function publishedClaims(all: readonly Source[], since: ReadonlyMap<string, number>): Claims {
  const each = all.map((source) => ({ source, ...labelClaims(source) }));
  const aged = each.flatMap(({ source, claims }) =>
    claims.map((claim) => ({ claim, sinceMs: since.get(claimName(claim)) ?? source.sinceMs ?? 0 })),
  );
  return {
    claims: aged.sort((a, b) => a.sinceMs - b.sinceMs).map(({ claim }) => claim),
    problems: each.flatMap(({ problems }) => problems),
  };
}

/** By balancer, so that the order and the names of backends stay when the containers of a published service are replaced. */
function inStableOrder(groups: readonly Group[], owners: readonly Source[]): readonly Group[] {
  const ranks = new Map(owners.map(({ key }, at) => [key, at]));
  const rank = ([{ balancer }]: Group): number => ranks.get(balancer) ?? 0;
  return groups.toSorted((a, b) => rank(a) - rank(b));
}

/** The claims by port, host and path. The first owner of a port decides on its protocol, the first of a host and path gets them. */
function groupsOf(claims: readonly Claim[]): { groups: readonly Group[]; problems: readonly RuleProblem[] } {
  const ports = new Map<number, Claim>();
  const groups = new Map<string, [Claim, ...Claim[]]>();
  const problems: RuleProblem[] = [];
  for (const claim of claims) {
    const ofPort = ports.get(claim.port) ?? claim;
    ports.set(claim.port, ofPort);
    const group = groups.get(claimKey(claim));
    if (ofPort.protocol !== claim.protocol) problems.push(otherProtocol(claim, ofPort));
    else if (!group) groups.set(claimKey(claim), [claim]);
    else if (group[0].balancer === claim.balancer) group.push(claim);
    else problems.push(taken(claim, group[0]));
  }
  return { groups: [...groups.values()], problems };
}

function otherProtocol({ part, port, protocol }: Claim, owner: Claim): RuleProblem {
  const what = `cannot use port ${port} for ${protocol}: rule ${owner.part.rule} uses it for ${owner.protocol}`;
  return ruleProblem(part, what, 'use another port, or the same protocol');
}

function taken({ part, port, host, path }: Claim, owner: Claim): RuleProblem {
  const paths = path ? `path ${path.text}` : 'all paths';
  const what = `cannot get port ${port}, ${host ? `host ${formatHostPattern(host)}` : 'all hosts'}, ${paths}: rule ${owner.part.rule} has them`;
  return ruleProblem(part, what, 'use another host or path, or remove one of the two rules');
}

function backendPlan({ name, group }: NamedGroup): BackendPlan {
  const [claim] = group;
  const { protocol, balancer, options, stickiness, drainTimeoutMs } = claim;
  return {
    name,
    rule: ruleKey(claim),
    protocol,
    balancer,
    options,
    stickiness,
    cookieKey: cookieKey(claim),
    drainTimeoutMs,
    parts: group.map(({ part }) => part),
  };
}

function customConfigs(balancers: readonly Source[]): readonly CustomConfig[] {
  return balancers
    .flatMap(({ key, declaration }): readonly CustomConfig[] => {
      const text = declaration?.lbConfig?.config ?? '';
      return text.trim() === '' ? [] : [{ balancer: key, text }];
    })
    .sort((a, b) => compareText(a.balancer, b.balancer));
}
