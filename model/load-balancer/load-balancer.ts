import { problem } from '../problem/result.ts';
import type { PathMatch } from './path-pattern.ts';

export const LISTENER_PROTOCOLS = ['http', 'https', 'tcp', 'tls', 'sni'] as const;
export type ListenerProtocol = (typeof LISTENER_PROTOCOLS)[number];
export type PortRuleProtocol = ListenerProtocol | 'udp';

export const UDP_PROBLEM = problem(
  'udp',
  'is udp, which comes with a later version of Drover',
  'use tcp, or remove the rule',
);

/** The port on which every HAProxy of Rancher answered health checks of the load balancer itself. */
export const RESERVED_PORT = 42;

export interface PortRule {
  /** Its number among the rules as written, from 1; absent: its place in the list. They differ after wrong rules, which are left out. */
  readonly number?: number | undefined;
  readonly sourcePort: number | null;
  readonly protocol: PortRuleProtocol | null;
  readonly path: string | null;
  readonly pathMatch: PathMatch;
  readonly hostname: string | null;
  /** `stack/service`. */
  readonly service: string | null;
  /** Name of a container, instead of a service. */
  readonly container: string | null;
  readonly targetPort: number | null;
  readonly priority: number | null;
  readonly backendName: string | null;
  readonly selector: string | null;
  readonly weight: number;
  readonly options: RuleOptions;
}

/** What a rule does besides choosing a backend. All null, false or empty: nothing. */
export interface RuleOptions {
  /** Protocol to the containers. `h2`: HTTP/2 without TLS (gRPC). `https`: TLS without verification. */
  readonly proto: 'h1' | 'h2' | 'https';
  /** Answers requests on an `http` port with a redirect to https. */
  readonly redirectHttps: boolean;
  readonly gzip: boolean;
  /** Users that are let in, `name:hash` with a hash of crypt(3) (`$2y$`, `$5$`, `$6$`); empty: everybody. */
  readonly basicAuth: readonly string[];
  /** Larger request bodies get 413; null: no limit. */
  readonly maxBodyBytes: number | null;
  /** How long a container may take to answer; null: 50 s. */
  readonly serverTimeoutMs: number | null;
  /** How long an idle WebSocket or tunnel stays; null: 1 h. */
  readonly tunnelTimeoutMs: number | null;
  /** Adds the header Forwarded (RFC 7239). */
  readonly forwarded: boolean;
  /** Version of the PROXY protocol to the containers; null: none. */
  readonly sendProxy: 'v1' | 'v2' | null;
  readonly balance: 'roundrobin' | 'leastconn' | 'source' | null;
}

export const NO_RULE_OPTIONS: RuleOptions = {
  proto: 'h1',
  redirectHttps: false,
  gzip: false,
  basicAuth: [],
  maxBodyBytes: null,
  serverTimeoutMs: null,
  tunnelTimeoutMs: null,
  forwarded: false,
  sendProxy: null,
  balance: null,
};

export interface StickinessPolicy {
  readonly name: string | null;
  readonly cookie: string | null;
  readonly domain: string | null;
  readonly indirect: boolean;
  readonly nocache: boolean;
  readonly postonly: boolean;
  readonly mode: string | null;
}

/** Which hosts run a load balancer. `labels`: those with all of these labels. */
export type BalancerHosts =
  | { readonly kind: 'all' }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, string>> };

/** What holds for all rules of a balancer. */
export interface BalancerOptions {
  readonly hosts: BalancerHosts;
  /** Which containers get traffic from a host. `prefer-local`: its own, while it has one. */
  readonly target: 'any' | 'only-local' | 'prefer-local';
  /** Hostname and path of rules that selected balancers declare themselves are ignored. */
  readonly skipTargetRules: boolean;
  readonly accessLog: boolean;
  /** HTML of the 503 page. */
  readonly errorPage: string | null;
  /** How long a stopping container may finish its requests. */
  readonly drainTimeoutMs: number | null;
}

export const NO_BALANCER_OPTIONS: BalancerOptions = {
  hosts: { kind: 'all' },
  target: 'any',
  skipTargetRules: false,
  accessLog: false,
  errorPage: null,
  drainTimeoutMs: null,
};

export interface LoadBalancerConfig {
  readonly certs: readonly string[];
  readonly defaultCert: string | null;
  readonly config: string | null;
  readonly stickinessPolicy: StickinessPolicy | null;
  readonly portRules: readonly PortRule[];
  readonly options: BalancerOptions;
  /** Milliseconds since the epoch at which the balancer was declared first: of two that claim the same rule, the earlier one keeps it. Null: unknown, before all others. */
  readonly sinceMs: number | null;
}
