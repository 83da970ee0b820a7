import type { Container } from './container.ts';
import type { Environment } from './environment.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { ServiceDeclaration } from './service.ts';

/** What one host says about itself. Absent maps are empty; `host` is null until its fact has arrived. */
export interface HostState {
  readonly host: Host | null;
  /** By Docker id. */
  readonly containers: ReadonlyMap<string, Container>;
  /** By Docker network id. */
  readonly networks: ReadonlyMap<string, Network>;
  /** Facts of all further kinds: by kind, then by id. Each has a reader beside its type (`componentStatuses`). */
  readonly facts: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
}

/**
 * The world at one moment, immutable. Two snapshots share every part that did not change, so that comparing by identity
 * (`a.hosts.get(id) === b.hosts.get(id)`) finds what did: cost follows the change.
 */
export interface Snapshot {
  /** Grows by one with every change on this host's mirror; not comparable between hosts. */
  readonly revision: number;
  readonly environment: Environment;
  readonly hosts: ReadonlyMap<string, HostState>;
  /** Lower-case `stack/service` -> what an operator declared. */
  readonly declarations: ReadonlyMap<string, ServiceDeclaration>;
  /** False until the first complete picture was seen: "not known yet" is not "empty". */
  readonly complete: boolean;
}
