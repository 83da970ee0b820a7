import { type Container, dockerNames } from '../../../model/index.ts';
import type { ContainerRecord } from './container-record.ts';

/** Finds containers of this host by name and by address. */
export interface ContainerIndex {
  /** The container of a record changes; null: there was none, or it is gone. */
  replace(id: string, before: Container | null, after: Container | null): void;
  /** Stores a name from the list, so that links find containers that are not inspected yet. */
  setName(id: string, name: string): void;
  /** By name, id, short id, or another name that Docker gives it on one of its networks. */
  idOf(nameOrId: string): string | null;
  /** Docker id of the container that has this address now. */
  ownerOf(address: string): string | null;
}

export function createContainerIndex(records: ReadonlyMap<string, ContainerRecord>): ContainerIndex {
  const idByName = new Map<string, string>();
  const idByAddress = new Map<string, string>();
  const idByDockerName = (name: string): string | null => {
    for (const { id, container } of records.values())
      if (container?.addresses.some((address) => dockerNames(container, address).includes(name))) return id;
    return null;
  };
  return {
    replace: (id, before, after) => {
      for (const address of addressesIn(before)) if (idByAddress.get(address) === id) idByAddress.delete(address);
      for (const address of addressesIn(after)) idByAddress.set(address, id);
      const isRenamed = before !== null && before.name !== after?.name;
      if (isRenamed && idByName.get(before.name) === id) idByName.delete(before.name);
      if (after) idByName.set(after.name, id);
    },
    setName: (id, name) => void idByName.set(name, id),
    idOf: (nameOrId) =>
      records.has(nameOrId) ? nameOrId : (idByName.get(nameOrId) ?? idByDockerName(nameOrId.toLowerCase())),
    ownerOf: (address) => idByAddress.get(address) ?? null,
  };
}

function addressesIn(container: Container | null): readonly string[] {
  return (container?.addresses ?? []).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter((text) => text !== null));
}
