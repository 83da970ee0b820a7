import type { Clock } from '../../../system/index.ts';
import { createRecency, type Used } from './recency.ts';

export interface Entry extends Used {
  /** A one-byte string: it is far smaller than a buffer of its own, and does not keep a larger buffer alive. */
  readonly message: string | null;
  readonly storedAtMs: number;
  readonly lifetimeSeconds: number;
  readonly bytes: number;
  turn: number;
  failures: number;
  /** No upstream is asked again before this time. */
  recheckAtMs: number;
}

export type NewEntry = Pick<Entry, 'key' | 'message' | 'lifetimeSeconds'> &
  Partial<Pick<Entry, 'failures' | 'recheckAtMs'>>;

/** Entries by key, at most `maxBytes` in total. */
export interface Store {
  get(key: string): Entry | undefined;
  /** Evicts the least recently used entries if necessary. An entry larger than the whole store is not kept. */
  put(entry: NewEntry): void;
  remove(entry: Entry): void;
  /** Marks the entry as the most recently used. */
  touch(entry: Entry): void;
  stats(): { readonly entries: number; readonly bytes: number; readonly evictions: number };
}

/** Measured size of an entry without the characters of its key and message. */
const ENTRY_BYTES = 260;

export function createStore(clock: Clock, maxBytes: number): Store {
  const entries = new Map<string, Entry>();
  const recency = createRecency<Entry>();
  let bytes = 0;
  let evictions = 0;

  const remove = (entry: Entry): void => {
    entries.delete(entry.key);
    recency.remove(entry);
    bytes -= entry.bytes;
  };
  const put = ({ key, message, lifetimeSeconds, failures = 0, recheckAtMs = 0 }: NewEntry): void => {
    const before = entries.get(key);
    if (before) remove(before);
    const size = key.length + (message?.length ?? 0) + ENTRY_BYTES;
    if (size > maxBytes) return;
    const times = { storedAtMs: clock.monotonic(), lifetimeSeconds, recheckAtMs };
    const entry: Entry = { key, older: null, newer: null, message, ...times, bytes: size, turn: 1, failures };
    entries.set(key, entry);
    recency.add(entry);
    bytes += size;
    for (let oldest = recency.oldest(); oldest && bytes > maxBytes; oldest = recency.oldest()) {
      remove(oldest);
      evictions += 1;
    }
  };
  return {
    get: (key) => entries.get(key),
    put,
    remove,
    touch: recency.touch,
    stats: () => ({ entries: entries.size, bytes, evictions }),
  };
}
