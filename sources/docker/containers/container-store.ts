import type { FactMap, FactsPart } from '../../../facts/index.ts';
import { type Container, dockerNames, type JsonValue, type Problem } from '../../../model/index.ts';
import { type ConvertContext, resolveLinks } from '../convert/container.ts';
import { type ContainerRecord, createRecord, stopSignalledAtMs } from './container-record.ts';

/** All records of this host's containers; publishes their facts. */
export interface ContainerStore {
  get(id: string): ContainerRecord | null;
  /** Creates a record if there is none. */
  ensure(id: string): ContainerRecord;
  all(): Iterable<ContainerRecord>;
  readonly size: number;
  publish(record: ContainerRecord, container: Container): void;
  /** The container no longer exists. */
  remove(id: string): void;
  /** Stores a name from the list, so that links find containers that are not inspected yet. */
  setName(id: string, name: string): void;
  contextOf(record: ContainerRecord): ConvertContext;
  /** Docker id of the container that has this address now. */
  ownerOf(address: string): string | null;
  problems(): readonly Problem[];
}

export interface ContainerStoreOptions {
  readonly hostId: string;
  readonly ourResolver: string;
  readonly now: () => number;
}

export function createContainerStore(store: FactsPart, options: ContainerStoreOptions): ContainerStore {
  const records = recordsOf(store.facts());
  const idByName = new Map<string, string>();
  const idByAddress = new Map<string, string>();
  for (const record of records.values()) index(record.container, record.id);

  function index(container: Container | null, id: string): void {
    for (const address of addressesIn(container)) idByAddress.set(address, id);
  }
  function unindex(container: Container | null, id: string): void {
    for (const address of addressesIn(container)) if (idByAddress.get(address) === id) idByAddress.delete(address);
  }
  const forgetName = (container: Container | null): void => {
    if (container && idByName.get(container.name) === container.id) idByName.delete(container.name);
  };

  const idOf = (nameOrId: string): string | null =>
    records.has(nameOrId) ? nameOrId : (idByName.get(nameOrId) ?? idByDockerName(nameOrId.toLowerCase()));
  /** By an alias or a short id. */
  const idByDockerName = (name: string): string | null => {
    for (const { id, container } of records.values())
      if (container?.addresses.some((address) => dockerNames(container, address).includes(name))) return id;
    return null;
  };

  const put = (record: ContainerRecord, container: Container): void => {
    record.container = container;
    store.set(`container/${record.id}`, container as unknown as JsonValue);
  };
  /** A link names its target, so it follows when another container gets that name. */
  const followLinks = (): void => {
    for (const record of records.values()) {
      const { container } = record;
      if (record.links.size === 0 || !container) continue;
      const links = resolveLinks(record.links, idOf);
      if (JSON.stringify(links) !== JSON.stringify(container.links)) put(record, { ...container, links });
    }
  };
  return {
    get: (id) => records.get(id) ?? null,
    ensure: (id) => {
      const known = records.get(id);
      if (known) return known;
      const record = createRecord(id);
      records.set(id, record);
      return record;
    },
    all: () => records.values(),
    get size() {
      return records.size;
    },
    publish: (record, container) => {
      if (records.get(record.id) !== record) return;
      unindex(record.container, record.id);
      index(container, record.id);
      const isKnown = record.container?.name === container.name && record.container.addresses === container.addresses;
      if (record.container?.name !== container.name) forgetName(record.container);
      idByName.set(container.name, record.id);
      put(record, container);
      if (!isKnown) followLinks();
    },
    remove: (id) => {
      const record = records.get(id);
      if (!record) return;
      records.delete(id);
      unindex(record.container, id);
      forgetName(record.container);
      store.set(`container/${id}`, null);
    },
    setName: (id, name) => void idByName.set(name, id),
    contextOf: (record) => ({
      hostId: options.hostId,
      ourResolver: options.ourResolver,
      previous: record.container,
      pending: [...record.pending.values()],
      idOf,
      signalledAtMs: (stopSignal) => {
        const timeMs = stopSignalledAtMs(record, stopSignal);
        return timeMs !== null && options.now() - timeMs < record.stopPatienceMs ? timeMs : null;
      },
    }),
    ownerOf: (address) => idByAddress.get(address) ?? null,
    problems: () =>
      [...records.values()].flatMap(({ labelProblem, inspectProblem }) =>
        [labelProblem, inspectProblem].filter((problem) => problem !== null),
      ),
  };
}

const CONTAINER_KEY = 'container/';

function recordsOf(facts: FactMap): Map<string, ContainerRecord> {
  const records = new Map<string, ContainerRecord>();
  for (const [key, value] of facts) {
    if (!key.startsWith(CONTAINER_KEY)) continue;
    const id = key.slice(CONTAINER_KEY.length);
    records.set(id, createRecord(id, value as unknown as Container));
  }
  return records;
}

function addressesIn(container: Container | null): readonly string[] {
  return (container?.addresses ?? []).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter((text) => text !== null));
}
