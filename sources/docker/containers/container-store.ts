import type { FactMap, FactsPart } from '../../../facts/index.ts';
import type { Container, JsonValue, Problem } from '../../../model/index.ts';
import { type ConvertContext, resolveLinks } from '../convert/container.ts';
import { createContainerIndex } from './container-index.ts';
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
  const index = createContainerIndex(records);
  for (const { id, container } of records.values()) index.replace(id, null, container);

  const put = (record: ContainerRecord, container: Container): void => {
    record.container = container;
    store.set(`container/${record.id}`, container as unknown as JsonValue);
  };
  /** A link names its target, so it follows when another container gets that name. */
  const followLinks = (): void => {
    for (const record of records.values()) {
      const { container } = record;
      if (record.links.size === 0 || !container) continue;
      const links = resolveLinks(record.links, index.idOf);
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
      const isKnown = record.container?.name === container.name && record.container.addresses === container.addresses;
      index.replace(record.id, record.container, container);
      put(record, container);
      if (!isKnown) followLinks();
    },
    remove: (id) => {
      const record = records.get(id);
      if (!record) return;
      records.delete(id);
      index.replace(id, record.container, null);
      store.set(`container/${id}`, null);
    },
    setName: index.setName,
    contextOf: (record) => ({
      hostId: options.hostId,
      ourResolver: options.ourResolver,
      previous: record.container,
      pending: [...record.pending.values()],
      idOf: index.idOf,
      signalledAtMs: (stopSignal) => {
        if (record.isRetired) return options.now();
        const timeMs = stopSignalledAtMs(record, stopSignal);
        return timeMs !== null && options.now() - timeMs < record.stopPatienceMs ? timeMs : null;
      },
    }),
    ownerOf: index.ownerOf,
    problems: () =>
      [...records.values()].flatMap(({ labelProblems, inspectProblem }) =>
        inspectProblem === null ? labelProblems : [...labelProblems, inspectProblem],
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
