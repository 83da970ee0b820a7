import type { Clock } from '../../../system/index.ts';
import type { KeptReply } from '../message/kept-reply.ts';
import { createStore, type Entry } from './store.ts';

export interface CacheLimits {
  /** Size of all entries with keys and overhead; the least recently used entry is evicted first. */
  readonly maxBytes: number;
  /** How long an expired reply is kept for the case that no upstream answers [RFC 8767 §5]; 0: not kept. */
  readonly maxStaleSeconds: number;
}

/** What the cache knows about a question. */
export type Found =
  | { readonly kind: 'fresh'; readonly hit: CacheHit }
  /** Expired. `recheck`: the upstreams may be asked; false for a while after they failed. */
  | { readonly kind: 'stale'; readonly hit: CacheHit; readonly recheck: boolean }
  /** The upstreams failed a moment ago. `message` is the reply that said so; null if there was none. */
  | { readonly kind: 'failed'; readonly message: string | null };

export interface CacheHit {
  /** The message, one character a byte. */
  readonly message: string;
  readonly ageSeconds: number;
  readonly lifetimeSeconds: number;
  /** How many times the reply has been used, counting from 1. */
  readonly turn: number;
}

export interface CacheStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Expired replies that were used. */
  readonly stale: number;
  /** Entries removed to make room. */
  readonly evictions: number;
}

export interface Cache {
  /** Counts a hit or a miss, and marks the entry as used. */
  find(key: string): Found | null;
  /** Replaces the entry. A reply with lifetime 0 removes it, unless that reply is a failure. */
  store(key: string, kept: KeptReply): void;
  /** Records for a short time that the upstreams failed. Never replaces an answer. */
  fail(key: string, message: Buffer | null): void;
  servedStale(): void;
  stats(): CacheStats;
}

/** Failures are kept for 1 s, then twice as long each time, at most 5 s [RFC 9520 §3.2, RFC 2308 §7]. */
const FAILURE_SECONDS = { first: 1, most: 5 };
/** After a failure, a stale answer is used for this long without asking again [RFC 8767 §5]. */
const RECHECK_MS = 30_000;

export function createCache({ clock }: { readonly clock: Clock }, limits: CacheLimits): Cache {
  const store = createStore(clock, limits.maxBytes);
  const counts = { hits: 0, misses: 0, stale: 0 };
  const lookUp = (entry: Entry): Found | null => {
    const found = foundIn(entry, clock.monotonic(), limits.maxStaleSeconds);
    if (found === 'expired') store.remove(entry);
    return found === 'expired' ? null : found;
  };
  return {
    find: (key) => {
      const entry = store.get(key);
      const found = entry ? lookUp(entry) : null;
      if (found && found.kind !== 'stale') counts.hits += 1;
      else counts.misses += 1;
      if (found && entry) store.touch(entry);
      return found;
    },
    store: (key, { message, lifetimeSeconds, verdict }) => {
      const before = store.get(key);
      if (lifetimeSeconds > 0) store.put({ key, message: message.toString('latin1'), lifetimeSeconds });
      else if (before && verdict !== 'bad') store.remove(before);
    },
    fail: (key, message) => {
      const before = store.get(key);
      if (before && before.lifetimeSeconds > 0) {
        before.recheckAtMs = clock.monotonic() + RECHECK_MS;
        return;
      }
      const isRepeated = before !== undefined && clock.monotonic() < before.recheckAtMs + RECHECK_MS;
      const failures = (isRepeated ? before.failures : 0) + 1;
      const seconds = Math.min(FAILURE_SECONDS.first * 2 ** (failures - 1), FAILURE_SECONDS.most);
      const recheckAtMs = clock.monotonic() + seconds * 1_000;
      store.put({ key, message: message?.toString('latin1') ?? null, lifetimeSeconds: 0, failures, recheckAtMs });
    },
    servedStale: () => {
      counts.stale += 1;
    },
    stats: () => ({ ...store.stats(), ...counts }),
  };
}

/** Counts a turn if the entry has an answer. */
function foundIn(entry: Entry, nowMs: number, maxStaleSeconds: number): Found | null | 'expired' {
  const { message, lifetimeSeconds } = entry;
  if (entry.failures > 0 && lifetimeSeconds === 0) {
    return nowMs < entry.recheckAtMs ? { kind: 'failed', message } : null;
  }
  if (message === null) return null;
  const ageSeconds = Math.floor((nowMs - entry.storedAtMs) / 1_000);
  const hit = { message, ageSeconds, lifetimeSeconds, turn: entry.turn };
  entry.turn += 1;
  if (ageSeconds < lifetimeSeconds) return { kind: 'fresh', hit };
  if (ageSeconds >= lifetimeSeconds + maxStaleSeconds) return 'expired';
  return { kind: 'stale', hit, recheck: nowMs >= entry.recheckAtMs };
}
