import type { Cidr, Container, ShardedMap } from '../../model/index.ts';

/** The bearers of one name below a suffix. */
export interface NameNode {
  /** Keys of the services of that name, sorted; usually one. */
  readonly services: readonly string[];
  /** Containers of that name, sorted. */
  readonly containers: readonly Container[];
  /** Ids of the hosts of that name (`<host>.host`), sorted; usually one. */
  readonly hosts: readonly string[];
  /** Number of names below this one. Above zero, the name exists even without a bearer [RFC 8020]. */
  readonly below: number;
}

/** The hosts and services with an address. */
export interface AddressNode {
  /** Ids, sorted. */
  readonly hosts: readonly string[];
  /** Keys, sorted. */
  readonly services: readonly string[];
}

/**
 * The stored form of a name, which `nodeOf` reads. Nearly all of 100,000 names have one bearer and no name below them; for them
 * only the bearer is stored, a container or the key of a service.
 */
export type NameEntry = NameNode | Container | string;

/** The indexes for lookups. Views share the unchanged parts. */
export interface ViewIndex {
  /** Lower-case name relative to the suffix, without trailing dot (`web.shop`). */
  readonly names: ShardedMap<NameEntry>;
  /** `dockerNameOn` -> the containers that Docker's resolver has under that name on that network, sorted. */
  readonly docker: ShardedMap<readonly Container[]>;
  /** Address on a managed network -> its containers, of all hosts. */
  readonly managed: ShardedMap<readonly Container[]>;
  /** Addresses of hosts, and addresses in declarations. */
  readonly declared: ShardedMap<AddressNode>;
  /** Address on any network of this host -> the living container that has it; null if two claim it. */
  readonly local: ReadonlyMap<string, Container | null>;
  /** Subnets of this host's own networks. */
  readonly localSubnets: readonly Cidr[];
  /** Subnets of the managed network, of all hosts. */
  readonly managedSubnets: readonly Cidr[];
  /** `stack/sidekick` -> primary service, from the declarations. */
  readonly sidekickOf: ReadonlyMap<string, string>;
}
