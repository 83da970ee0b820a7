/**
 * From where the addresses of a network can be reached.
 * `managed`: Drover's own, routed to all hosts. `bridge`: a Docker bridge, this host only. `host`: the host's own stack.
 * `none`: no network. `other`: macvlan, ipvlan, Swarm overlay and networks of plugins; their addresses count as reachable from
 * this host only, unless the operator configures otherwise.
 */
export type NetworkKind = 'managed' | 'bridge' | 'host' | 'none' | 'other';

/** One Docker network as seen on one host. Two hosts may have networks with equal names, ids and subnets. */
export interface Network {
  /** Docker's network id. */
  readonly id: string;
  readonly hostId: string;
  readonly name: string;
  readonly kind: NetworkKind;
  /** Canonical CIDRs; empty for host and none. */
  readonly subnets: readonly string[];
  /** `docker network create --internal`. */
  readonly internal: boolean;
  /** Bridge device on the host (`docker0`, `br-1a2b...`), null where there is none. */
  readonly device: string | null;
}
