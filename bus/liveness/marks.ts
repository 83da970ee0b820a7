import type { JsonValue } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Bus, BusBatch, Document } from '../contract/bus.ts';
import type { Action, Mark } from './decide.ts';

export interface MarksDependencies {
  readonly bus: Pick<Bus, 'watch' | 'put' | 'delete'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface MarksOptions {
  readonly self: string;
  readonly signal: AbortSignal;
}

/** The documents `liveness/<hostId>`, as this host sees and writes them. */
export interface Marks {
  of(hostId: string, nowMs: number): Mark | null;
  hostIds(): Iterable<string>;
  /** How long this host should not accuse that one, which it heard last before `heardMs`. */
  holdMs(hostId: string, heardMs: number | null, nowMs: number): number;
  /** Whether the host has facts on the bus; true as long as that is not known. */
  isPresent(hostId: string): boolean;
  /** Begins the write, unless one about that host is under way. */
  perform(action: Action): void;
  /** Resolves when the watch and all writes have ended. */
  readonly done: Promise<void>;
}

interface Seen extends Omit<Mark, 'ageMs'> {
  readonly seenMs: number;
}

interface Hold {
  /** When the mark was seen that somebody took away. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly lengthMs: number;
}

const PREFIX = 'liveness/';
const HOLD_MS = 10_000;
const HOLD_LIMIT_MS = 60_000;

export function createMarks({ bus, clock, log }: MarksDependencies, { self, signal }: MarksOptions): Marks {
  const marks = new Map<string, Seen>();
  const holds = new Map<string, Hold>();
  const present = new Set<string>();
  const writing = new Map<string, Promise<void>>();
  let synced = false;

  /** Somebody knew better. As long as we do not hear the host, the next accusation waits, longer each time. */
  const refuted = (hostId: string, sinceMs: number): void => {
    const lengthMs = Math.min(HOLD_LIMIT_MS, (holds.get(hostId)?.lengthMs ?? HOLD_MS / 2) * 2);
    holds.set(hostId, { sinceMs, lengthMs, untilMs: clock.monotonic() + lengthMs });
  };
  const take = (hostId: string, document: Document | null): void => {
    const before = marks.get(hostId);
    const mark = document && parseMark(document);
    if (mark) marks.set(hostId, { ...mark, seenMs: clock.monotonic() });
    else marks.delete(hostId);
    if (before && !mark) refuted(hostId, before.seenMs);
  };
  const takeBatch = (batch: BusBatch): void => {
    for (const [hostId, facts] of batch.hosts) {
      if (facts) present.add(hostId);
      else present.delete(hostId);
    }
    for (const [key, document] of batch.documents) if (key.startsWith(PREFIX)) take(key.slice(PREFIX.length), document);
    synced ||= batch.synced;
  };
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const batch of bus.watch(signal)) takeBatch(batch);
      } catch (err) {
        log.warn({ err }, 'liveness cannot watch the bus; it tries again');
      }
      await clock.sleep(1_000, signal).catch(() => {});
    }
  };
  const write = async (action: Action): Promise<void> => {
    const { hostId, kind, expect } = action;
    const key = PREFIX + hostId;
    try {
      const result =
        kind === 'clear' ? await bus.delete(key, expect) : await bus.put(key, markOf(action, self), expect);
      if (result.ok) log.info({ hostId, vote: kind }, told[kind]);
    } catch {
      // The bus is away, its status says so; the next round decides anew.
    }
  };
  const following = follow();
  return {
    of: (hostId, nowMs) => {
      const seen = marks.get(hostId);
      return seen ? { ...seen, ageMs: nowMs - seen.seenMs } : null;
    },
    hostIds: () => marks.keys(),
    holdMs: (hostId, heardMs, nowMs) => {
      const hold = holds.get(hostId);
      if (!hold) return 0;
      const heardSince = heardMs !== null && nowMs - heardMs > hold.sinceMs;
      if (heardSince) holds.delete(hostId);
      return heardSince ? 0 : Math.max(0, hold.untilMs - nowMs);
    },
    isPresent: (hostId) => !synced || present.has(hostId),
    perform: (action) => {
      const { hostId } = action;
      if (writing.has(hostId)) return;
      const written = write(action).finally(() => writing.delete(hostId));
      writing.set(hostId, written);
    },
    done: following.then(async () => void (await Promise.all(writing.values()))),
  };
}

const told = {
  suspect: 'a host is silent: it is suspected',
  confirm: 'a silent host is held to be down',
  clear: 'a host that was suspected or held to be down is heard',
} as const;

function markOf(action: Exclude<Action, { kind: 'clear' }>, self: string): JsonValue {
  return { state: action.kind === 'suspect' ? 'suspect' : 'down', incarnation: action.incarnation, by: self };
}

/** Null when it is not one: somebody else's, or of a later version. */
function parseMark({ value, revision }: Document): Omit<Mark, 'ageMs'> | null {
  const { state, incarnation, by } = (typeof value === 'object' ? (value ?? {}) : {}) as Record<string, JsonValue>;
  if (state !== 'suspect' && state !== 'down') return null;
  return typeof incarnation === 'number' && typeof by === 'string' ? { state, incarnation, by, revision } : null;
}
