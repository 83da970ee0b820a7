import type { Cidr, Container, ShardedMap } from '../../model/index.ts';

/** What one name below a suffix stands for. */
export interface NameNode {
  /** Keys of the services of that name, sorted; usually one. */
  readonly services: readonly string[];
  /** Containers of that name, sorted. */
  readonly containers: readonly Container[];
  /** Ids of the hosts of that name (`<host>.host`), sorted; usually one. */
  readonly hosts: readonly string[];
  /** How many names end in this one: above zero the name exists even when nothing bears it [RFC 8020]. */
  readonly below: number;
}

/** Who has an address, besides containers. */
export interface AddressNode {
  /** Ids, sorted. */
  readonly hosts: readonly string[];
  /** Keys, sorted. */
  readonly services: readonly string[];
}

/**
 * A name as it is kept, which `nodeOf` reads: nearly all of a hundred thousand have one bearer and nothing below them, and
 * are kept as that alone, a container or the key of a service.
 */
export type NameEntry = NameNode | Container | string;

/** Everything a question is looked up in; shared between views as far as nothing changed. */
export interface ViewIndex {
  /** Lower-case name relative to the suffix, without trailing dot (`web.shop`). */
  readonly names: ShardedMap<NameEntry>;
  /** Address on a managed network -> its containers, of all hosts. */
  readonly managed: ShardedMap<readonly Container[]>;
  /** Addresses that no container has: of hosts, and what declarations say. */
  readonly declared: ShardedMap<AddressNode>;
  /** Address on any network of this host -> the living container that has it; null when two claim it. */
  readonly local: ReadonlyMap<string, Container | null>;
  /** Subnets of this host's own networks. */
  readonly localSubnets: readonly Cidr[];
  /** Subnets of the managed network, of all hosts. */
  readonly managedSubnets: readonly Cidr[];
  /** `stack/sidekick` -> primary service, from the declarations. */
  readonly sidekickOf: ReadonlyMap<string, string>;
}
