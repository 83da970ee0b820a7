import type { Bus, Document, FactMap } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';

/** The state that results from all batches of one watch. */
export interface BusObserver {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, Document>;
  /** The removed hosts and documents, in order. */
  readonly gone: readonly string[];
  synced(): boolean;
  batchCount(): number;
  fact(hostId: string, key: string): JsonValue | undefined;
  /** Called after each batch. The next batch is taken when it resolves. */
  onBatch(listener: () => void | Promise<void>): void;
  /** Waits until the condition is true. */
  until(what: string, condition: () => boolean, timeoutMs?: number): Promise<void>;
}

/** Watches the bus in the background until the test ends. */
export function observeBus(resources: Resources, bus: Bus): BusObserver {
  const ended = new AbortController();
  const hosts = new Map<string, FactMap>();
  const documents = new Map<string, Document>();
  const gone: string[] = [];
  let listener: () => void | Promise<void> = () => {};
  let synced = false;
  let batches = 0;
  const running = (async () => {
    for await (const batch of bus.watch(ended.signal)) {
      take(hosts, batch.hosts, gone);
      take(documents, batch.documents, gone);
      synced = batch.synced;
      batches += 1;
      await listener();
    }
  })();
  // The end of the test reports the rejection.
  running.catch(() => {});
  resources.add('an observer', () => {
    ended.abort();
    return running;
  });
  return {
    hosts,
    documents,
    gone,
    synced: () => synced,
    batchCount: () => batches,
    fact: (hostId, key) => hosts.get(hostId)?.get(key),
    onBatch: (next) => {
      listener = next;
    },
    until: async (what, condition, timeoutMs = 15_000) => void (await poll(condition, { what, timeoutMs })),
  };
}

function take<T>(known: Map<string, T>, changes: ReadonlyMap<string, T | null>, gone: string[]): void {
  for (const [key, value] of changes) {
    if (value !== null) known.set(key, value);
    else if (known.delete(key)) gone.push(key);
  }
}
