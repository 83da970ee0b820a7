import type { Container } from './container.ts';
import type { Environment } from './environment.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { OverlayChoice } from './overlay.ts';
import type { ServiceDeclaration } from './service.ts';

/** The facts of one host. `host` is null until its fact has arrived. */
export interface HostState {
  readonly host: Host | null;
  /** By Docker id. */
  readonly containers: ReadonlyMap<string, Container>;
  /** By Docker network id. */
  readonly networks: ReadonlyMap<string, Network>;
  /** Facts of all other kinds: by kind, then by id. Each kind has a reader beside its type (`componentStatuses`). */
  readonly facts: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
}

/** The fact of a host of a kind of which it has at most one. */
export function factOf<T>({ facts }: Pick<HostState, 'facts'>, kind: string): T | null {
  return (facts.get(kind)?.get('') ?? null) as T | null;
}

/**
 * The state of all hosts at one moment, immutable. Two snapshots share all unchanged parts, so a comparison by identity
 * (`a.hosts.get(id) === b.hosts.get(id)`) finds the changes at the cost of the change.
 */
export interface Snapshot {
  /** Grows with every change of the state of this host; not comparable between hosts. */
  readonly revision: number;
  readonly environment: Environment;
  readonly hosts: ReadonlyMap<string, HostState>;
  /** Lower-case `stack/service` -> what an operator declared. */
  readonly declarations: ReadonlyMap<string, ServiceDeclaration>;
  /** How the hosts should reach each other; null: no host has decided it yet. */
  readonly overlay: OverlayChoice | null;
  /** Canonical CIDR -> id of the host that has claimed it. A claim outlives the agent, until the host leaves or is forgotten. */
  readonly subnets: ReadonlyMap<string, string>;
  /** False until all facts have been read once: "not known yet" is not "empty". */
  readonly complete: boolean;
}
