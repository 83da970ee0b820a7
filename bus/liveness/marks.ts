import { livenessSchema } from '../../facts/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Bus, BusBatch, Document } from '../contract/bus.ts';
import type { Action, Mark } from './decide.ts';
import { createRefutationHolds } from './refutation-holds.ts';

export interface MarksDependencies {
  readonly bus: Pick<Bus, 'watch' | 'put' | 'delete'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface MarksOptions {
  readonly self: string;
  readonly signal: AbortSignal;
}

/** The documents `liveness/<hostId>` on the bus, as this host sees and writes them. */
export interface Marks {
  of(hostId: string, nowMs: number): Mark | null;
  hostIds(): Iterable<string>;
  /** How long we must not mark the host again. `heardMs` is the time since its last packet. */
  holdMs(hostId: string, heardMs: number | null, nowMs: number): number;
  /** Whether the host has facts on the bus; true until the bus was read once. */
  isPresent(hostId: string): boolean;
  /** Starts the write, unless another write about this host is in progress. */
  perform(action: Action): void;
  /** Resolves when the watch and all writes have ended. */
  readonly done: Promise<void>;
}

interface Seen extends Omit<Mark, 'ageMs'> {
  readonly seenMs: number;
}

const PREFIX = 'liveness/';

export function createMarks({ bus, clock, log }: MarksDependencies, { self, signal }: MarksOptions): Marks {
  const marks = new Map<string, Seen>();
  const holds = createRefutationHolds();
  const present = new Set<string>();
  const writing = new Map<string, Promise<void>>();
  let synced = false;

  const applyDocument = (hostId: string, document: Document | null): void => {
    const before = marks.get(hostId);
    const mark = document && parseMark(document);
    if (mark) marks.set(hostId, { ...mark, seenMs: clock.monotonic() });
    else marks.delete(hostId);
    if (before && !mark) holds.refuted(hostId, before.seenMs, clock.monotonic());
  };
  const applyBatch = (batch: BusBatch): void => {
    for (const [hostId, facts] of batch.hosts) {
      if (facts) present.add(hostId);
      else present.delete(hostId);
    }
    for (const [key, document] of batch.documents)
      if (key.startsWith(PREFIX)) applyDocument(key.slice(PREFIX.length), document);
    synced ||= batch.synced;
  };
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const batch of bus.watch(signal)) applyBatch(batch);
      } catch (err) {
        log.warn({ err }, 'liveness cannot watch the bus; retrying');
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
      if (result.ok) log.info({ hostId, vote: kind }, messages[kind]);
    } catch {
      // The bus status reports that the bus is unreachable. The next round decides again.
    }
  };
  const following = follow();
  return {
    of: (hostId, nowMs) => {
      const seen = marks.get(hostId);
      return seen ? { ...seen, ageMs: nowMs - seen.seenMs } : null;
    },
    hostIds: () => marks.keys(),
    holdMs: holds.holdMs,
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

const messages = {
  suspect: 'host marked suspect: it answers no probes',
  confirm: 'host marked down: it answers no probes',
  clear: 'host mark cleared: it answers probes again, or it refuted the mark',
} as const;

function markOf(action: Exclude<Action, { kind: 'clear' }>, self: string): JsonValue {
  return { state: action.kind === 'suspect' ? 'suspect' : 'down', incarnation: action.incarnation, by: self };
}

/** Null if it is not a mark that this version knows. */
function parseMark({ value, revision }: Document): Omit<Mark, 'ageMs'> | null {
  const parsed = livenessSchema.safeParse(value);
  return parsed.success ? { ...parsed.data, revision } : null;
}
