import type { Bus, Document, FactMap } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';

/** The picture that the batches of one watch add up to. */
export interface BusObserver {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, Document>;
  /** Hosts and documents in the order in which they were seen to go. */
  readonly gone: readonly string[];
  fact(hostId: string, key: string): JsonValue | undefined;
  /** Waits until the picture is so. */
  until(what: string, condition: () => boolean, timeoutMs?: number): Promise<void>;
}

export function observeBus(resources: Resources, bus: Bus): BusObserver {
  const ended = new AbortController();
  const hosts = new Map<string, FactMap>();
  const documents = new Map<string, Document>();
  const gone: string[] = [];
  const running = (async () => {
    for await (const batch of bus.watch(ended.signal)) {
      take(hosts, batch.hosts, gone);
      take(documents, batch.documents, gone);
    }
  })();
  resources.add('an observer', () => {
    ended.abort();
    return running;
  });
  return {
    hosts,
    documents,
    gone,
    fact: (hostId, key) => hosts.get(hostId)?.get(key),
    until: async (what, condition, timeoutMs = 15_000) => void (await poll(condition, { what, timeoutMs })),
  };
}

function take<T>(known: Map<string, T>, changes: ReadonlyMap<string, T | null>, gone: string[]): void {
  for (const [key, value] of changes) {
    if (value !== null) known.set(key, value);
    else if (known.delete(key)) gone.push(key);
  }
}
