import type { HostPattern, ListenerProtocol, PathPattern, RuleOptions, StickinessPolicy } from '../../model/index.ts';
import type { RuleProblem } from './rule-problem.ts';

/**
 * What HAProxy of this host does: the load balancers that this host runs and the services that are published by labels, as one table.
 * Rendering, explanation (`drover why lb`), display and the comparison with the running HAProxy all read it.
 */
export interface LbTable {
  /** Sorted by port. */
  readonly listeners: readonly Listener[];
  /** Sorted by name; each is the backend of at least one rule. */
  readonly backends: readonly Backend[];
  /** Own HAProxy text, one entry for each balancer that has some; sorted by balancer. */
  readonly customConfigs: readonly CustomConfig[];
  /** What was left out, and why. */
  readonly problems: readonly RuleProblem[];
}

/** One port on which HAProxy listens, on all addresses of the host, IPv4 and IPv6. */
export interface Listener {
  readonly port: number;
  readonly protocol: ListenerProtocol;
  /** Whether clients must send the PROXY protocol. */
  readonly acceptProxy: boolean;
  /** For `https` and `tls`. Null for the other protocols. */
  readonly certificates: ListenerCertificates | null;
  /** One line of JSON per request or connection in the log. */
  readonly accessLog: boolean;
  /** HTML of the page for requests that no rule or no endpoint can answer (503); null: HAProxy's. */
  readonly errorPage: string | null;
  /** The balancers that share the port, sorted. */
  readonly balancers: readonly string[];
  /** In the order of matching: the first one that matches decides. */
  readonly rules: readonly Rule[];
}

export interface ListenerCertificates {
  /** Names of certificates; empty: all of the directory. */
  readonly names: readonly string[];
  /** The one for clients without SNI and for unknown names; null: they are refused. */
  readonly default: string | null;
}

export interface Rule {
  /**
   * For people, unique in the table: `shop/front#2` (rule 2 of a balancer, from 1), `shop/web` (labels of a service), `shop/web:api` (its rule
   * `api`), `shop/web@443` (a further port of it), `shop/front#2:shop/web` (the service that a selector found), `nginx` (a container without a service).
   */
  readonly name: string;
  /** Key of the load-balancer service, or of the service whose labels publish it. */
  readonly balancer: string;
  /** Null: any host. Always null for `tcp` and `tls`. */
  readonly host: HostPattern | null;
  /** Null: any path. Only for `http` and `https`. */
  readonly path: PathPattern | null;
  readonly priority: number | null;
  /** Name of a backend of the table. */
  readonly backend: string;
  readonly options: RuleOptions;
}

export interface Backend {
  /** Letters, digits, `_`, `-`, `.`, `:`; unique in the table. */
  readonly name: string;
  /** What its rule is for: port, host and path. Another backend can get the name later. */
  readonly rule: string;
  readonly protocol: ListenerProtocol;
  /** The balancer of the rules that use it. */
  readonly balancer: string;
  /** Keys of the services behind it, sorted. */
  readonly services: readonly string[];
  readonly options: RuleOptions;
  /** Only for `http` and `https`. */
  readonly stickiness: StickinessPolicy | null;
  /** From balancer, host and path: the values of cookies are the same for all ports. */
  readonly cookieKey: string;
  /** How long a server in state `drain` may finish its requests: as its balancer says, else the longest time of its services; null: the default of the host. */
  readonly drainTimeoutMs: number | null;
  /** Sorted by name. What changes without a reload. */
  readonly servers: readonly Server[];
  /** Servers that HAProxy finds by name (external services with a host name). A change of them is a reload. */
  readonly namedServers: readonly NamedServer[];
  /** Endpoints that get no traffic, and why. */
  readonly leftOut: readonly LeftOutEndpoint[];
}

export interface Server {
  /** `10.42.1.3:8080`, `[fd00::1]:8080` as `fd00::1:8080`: address and port identify a server. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** 0 to 256; 0: only if a cookie asks for it. */
  readonly weight: number;
  /** `drain`: existing connections continue, no new ones, also not for cookies. */
  readonly state: 'ready' | 'drain';
  readonly service: string;
  /** Id of the container; null for an external address. */
  readonly containerId: string | null;
}

export interface NamedServer {
  /** Host name without the trailing dot. */
  readonly hostname: string;
  readonly port: number;
  readonly weight: number;
  readonly service: string;
}

export interface LeftOutEndpoint {
  readonly service: string;
  readonly containerId: string | null;
  readonly address: string | null;
  readonly reason: string;
}

export interface CustomConfig {
  readonly balancer: string;
  /** As written: sections of HAProxy. */
  readonly text: string;
}
