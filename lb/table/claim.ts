import type { HostPattern, ListenerProtocol, PathPattern, RuleOptions, StickinessPolicy } from '../../model/index.ts';
import type { RuleProblem } from './rule-problem.ts';

/** What a rule wants: requests to a host and path on a port go to one service. */
export interface Claim {
  readonly port: number;
  readonly protocol: ListenerProtocol;
  /** Null for `tcp` and `tls`. */
  readonly host: HostPattern | null;
  /** Only for `http` and `https`. */
  readonly path: PathPattern | null;
  readonly priority: number | null;
  /** Key of the balancer, or of the service whose labels publish it. */
  readonly balancer: string;
  readonly backendName: string | null;
  readonly options: RuleOptions;
  readonly stickiness: StickinessPolicy | null;
  readonly drainTimeoutMs: number | null;
  readonly part: BackendPart;
}

/** What one rule adds to its backend. */
export interface BackendPart {
  /** `Rule.name`. */
  readonly rule: string;
  readonly balancer: string;
  /** `service`: its key, in any case. `container`: its name. `standalone`: the name of containers without a service. */
  readonly target: { readonly kind: 'service' | 'container' | 'standalone'; readonly name: string };
  /** Port of the containers; null: the lowest TCP port of the service. */
  readonly port: number | null;
  /** 0 to 256. */
  readonly weight: number;
  readonly from: 'any' | 'only-local' | 'prefer-local';
}

export interface Claims {
  readonly claims: readonly Claim[];
  readonly problems: readonly RuleProblem[];
}

export function joinClaims(each: readonly Claims[]): Claims {
  return { claims: each.flatMap(({ claims }) => claims), problems: each.flatMap(({ problems }) => problems) };
}

export function ruleProblem(
  { rule, balancer }: Pick<BackendPart, 'rule' | 'balancer'>,
  what: string,
  hint: string,
): RuleProblem {
  return { service: balancer, subject: `load balancer rule ${rule}`, what, hint };
}
