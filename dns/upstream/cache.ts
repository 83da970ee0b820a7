import type { Clock } from '../../system/index.ts';
import type { KeptReply } from './kept-reply.ts';
import { createUsage, type Used } from './usage.ts';

export interface CacheLimits {
  /** Of everything kept, keys and bookkeeping included; the least recently used goes first. */
  readonly maxBytes: number;
  /** How long a reply is kept after its time for the case that no upstream answers [RFC 8767 §5]; 0: not. */
  readonly maxStaleSeconds: number;
}

/** What is known about a question. */
export type Found =
  | { readonly kind: 'fresh'; readonly hit: CacheHit }
  /** Its time is over. `recheck`: the upstreams may be asked again, they failed long enough ago or not at all. */
  | { readonly kind: 'stale'; readonly hit: CacheHit; readonly recheck: boolean }
  /** Nobody could say, a moment ago; the text is the reply that said so, null if there was none. */
  | { readonly kind: 'failed'; readonly message: string | null };

export interface CacheHit {
  /** The message, a character a byte. */
  readonly message: string;
  readonly ageSeconds: number;
  readonly lifetimeSeconds: number;
  /** How often it has been given before, the first time included. */
  readonly turn: number;
}

export interface CacheStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Given although too old. */
  readonly stale: number;
  /** Left out to make room. */
  readonly evictions: number;
}

export interface Cache {
  /** Counts as a hit or a miss, and as use. */
  find(key: string): Found | null;
  /** Replaces what is known; an answer that is not to be kept ends what was known before. */
  store(key: string, kept: KeptReply): void;
  /** The upstreams failed: kept for a moment, and never in the place of an answer. */
  fail(key: string, message: Buffer | null): void;
  servedStale(): void;
  stats(): CacheStats;
}

interface Entry extends Used {
  /** One-byte strings are far lighter than buffers of their own, and hold on to no larger one. */
  readonly message: string | null;
  readonly storedAtMs: number;
  readonly lifetimeSeconds: number;
  readonly bytes: number;
  turn: number;
  failures: number;
  /** No upstream is asked again before. */
  recheckAtMs: number;
}

/** Measured: what an entry takes beside the characters of its key and message. */
const ENTRY_BYTES = 260;
/** Failures are kept for 1 s, then twice as long each time, at most 5 s [RFC 9520 §3.2, RFC 2308 §7]. */
const FAILURE_SECONDS = { first: 1, most: 5 };
/** A stale answer is given without asking again for as long after a failure [RFC 8767 §5]. */
const RECHECK_MS = 30_000;

export function createCache({ clock }: { readonly clock: Clock }, limits: CacheLimits): Cache {
  const entries = new Map<string, Entry>();
  const usage = createUsage<Entry>();
  const counts = { hits: 0, misses: 0, stale: 0, evictions: 0 };
  let bytes = 0;

  const remove = (entry: Entry): void => {
    entries.delete(entry.key);
    usage.remove(entry);
    bytes -= entry.bytes;
  };
  const put = (entry: Entry): void => {
    const before = entries.get(entry.key);
    if (before) remove(before);
    if (entry.bytes > limits.maxBytes) return;
    entries.set(entry.key, entry);
    usage.add(entry);
    bytes += entry.bytes;
    for (let oldest = usage.oldest(); oldest && bytes > limits.maxBytes; oldest = usage.oldest()) {
      remove(oldest);
      counts.evictions += 1;
    }
  };
  const make = (key: string, message: string | null, lifetimeSeconds: number): Entry => ({
    key,
    older: null,
    newer: null,
    message,
    storedAtMs: clock.monotonic(),
    lifetimeSeconds,
    bytes: key.length + (message?.length ?? 0) + ENTRY_BYTES,
    turn: 1,
    failures: 0,
    recheckAtMs: 0,
  });
  const foundIn = (entry: Entry): Found | null => {
    const now = clock.monotonic();
    const ageSeconds = Math.floor((now - entry.storedAtMs) / 1_000);
    const isFresh = ageSeconds < entry.lifetimeSeconds;
    if (entry.failures > 0 && entry.lifetimeSeconds === 0) {
      return now < entry.recheckAtMs ? { kind: 'failed', message: entry.message } : null;
    }
    if (entry.message === null) return null;
    const { message, lifetimeSeconds, turn } = entry;
    entry.turn += 1;
    const hit = { message, ageSeconds, lifetimeSeconds, turn };
    if (isFresh) return { kind: 'fresh', hit };
    if (ageSeconds < lifetimeSeconds + limits.maxStaleSeconds) {
      return { kind: 'stale', hit, recheck: now >= entry.recheckAtMs };
    }
    remove(entry);
    return null;
  };

  return {
    find: (key) => {
      const entry = entries.get(key);
      const found = entry ? foundIn(entry) : null;
      if (found && found.kind !== 'stale') counts.hits += 1;
      else counts.misses += 1;
      if (found && entry) usage.touch(entry);
      return found;
    },
    store: (key, { message, lifetimeSeconds, verdict }) => {
      const before = entries.get(key);
      if (lifetimeSeconds > 0) put(make(key, message.toString('latin1'), lifetimeSeconds));
      else if (before && verdict !== 'bad') remove(before);
    },
    fail: (key, message) => {
      const before = entries.get(key);
      if (before && before.lifetimeSeconds > 0) {
        before.recheckAtMs = clock.monotonic() + RECHECK_MS;
        return;
      }
      const isAgain = before !== undefined && clock.monotonic() < before.recheckAtMs + RECHECK_MS;
      const failures = (isAgain ? before.failures : 0) + 1;
      const seconds = Math.min(FAILURE_SECONDS.first * 2 ** (failures - 1), FAILURE_SECONDS.most);
      const entry = make(key, message?.toString('latin1') ?? null, 0);
      put({ ...entry, failures, recheckAtMs: clock.monotonic() + seconds * 1_000 });
    },
    servedStale: () => {
      counts.stale += 1;
    },
    stats: () => ({ entries: entries.size, bytes, ...counts }),
  };
}
