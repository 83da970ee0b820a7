import type { PathState } from '../../model/index.ts';
import type { Echo, ProbeMessage } from './message.ts';

/** What this host knows of the path to one peer. Times are monotonic. */
export interface PathRecord {
  /** Since when we send to it. */
  readonly startedAtMs: number;
  readonly heard: HeardBeats | null;
  /** When the peer last had one of our beats; null: not known. */
  readonly hearsUsAtMs: number | null;
  /** Smoothed. */
  readonly rttMs: number | null;
  /** Share of our beats that the peer did not receive lately. */
  readonly lossOut: number | null;
  /** Our last beats, the newest first. */
  readonly sent: readonly { readonly sequence: number; readonly atMs: number }[];
}

interface HeardBeats {
  readonly atMs: number;
  readonly session: number;
  readonly intervalMs: number;
  /** Highest sequence number, and which of the numbers before have arrived: bit n is `sequence - n`. */
  readonly sequence: number;
  readonly arrived: number;
  /** Number of bits that count. */
  readonly span: number;
}

export interface Moment {
  readonly nowMs: number;
  /** How often this host sends a beat to the peer. */
  readonly intervalMs: number;
  /** Silence before that time does not count, because this host could not probe; null: it cannot now. */
  readonly resumedAtMs: number | null;
}

const WINDOW = 32;
const KEPT_SENDS = 8;
/** Three lost beats in a row, and some jitter. */
const SILENT_INTERVALS = 3.5;
const LONGEST_INTERVAL_MS = 120_000;

export function newPathRecord(nowMs: number): PathRecord {
  return { startedAtMs: nowMs, heard: null, hearsUsAtMs: null, rttMs: null, lossOut: null, sent: [] };
}

export function afterSend(record: PathRecord, sequence: number, atMs: number): PathRecord {
  return { ...record, sent: [{ sequence, atMs }, ...record.sent.slice(0, KEPT_SENDS - 1)] };
}

/** `session` is ours: an echo of an earlier one says nothing. */
export function afterBeat(record: PathRecord, message: ProbeMessage, session: number, nowMs: number): PathRecord {
  const heard = heardAfter(record.heard, message, nowMs);
  const echo = message.echo?.session === session ? message.echo : null;
  if (!echo) return { ...record, heard };
  const rttMs = smoothed(record.rttMs, roundTripMs(record, echo, nowMs));
  const hearsUsAtMs = Math.max(record.hearsUsAtMs ?? 0, nowMs - echo.heldMs);
  return { ...record, heard, rttMs, hearsUsAtMs, lossOut: message.loss };
}

export function pathState(record: PathRecord, moment: Moment): PathState {
  const { heard, hearsUsAtMs, startedAtMs } = record;
  const { resumedAtMs } = moment;
  if (resumedAtMs === null) return 'unknown';
  const limitMs = SILENT_INTERVALS * Math.max(moment.intervalMs, heard?.intervalMs ?? 0);
  const isPast = (sinceMs: number | null): boolean =>
    moment.nowMs - Math.max(sinceMs ?? startedAtMs, resumedAtMs) > limitMs;
  if (isPast(heard?.atMs ?? null)) return 'silent';
  if (isPast(hearsUsAtMs)) return 'unheard';
  return heard !== null && hearsUsAtMs !== null ? 'up' : 'unknown';
}

/** Share of the peer's beats that did not arrive lately; null: not known. */
export function lossIn({ heard }: PathRecord, nowMs: number): number | null {
  if (heard === null) return null;
  const missing = Math.max(0, Math.floor((nowMs - heard.atMs) / heard.intervalMs) - 1);
  const span = Math.min(WINDOW, heard.span + missing);
  return 1 - countBits(shifted(heard.arrived, missing)) / span;
}

function heardAfter(before: HeardBeats | null, message: ProbeMessage, atMs: number): HeardBeats {
  const { session, sequence } = message;
  const intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(1, message.intervalMs));
  if (before?.session !== session) return { atMs, session, intervalMs, sequence, arrived: 1, span: 1 };
  const ahead = sequence - before.sequence;
  if (ahead <= 0) {
    // Late or repeated.
    const bit = -ahead < before.span ? 1 << -ahead : 0;
    return { ...before, atMs, arrived: (before.arrived | bit) >>> 0 };
  }
  const arrived = (shifted(before.arrived, ahead) | 1) >>> 0;
  return { atMs, session, intervalMs, sequence, arrived, span: Math.min(WINDOW, before.span + ahead) };
}

function roundTripMs({ sent }: PathRecord, echo: Echo, nowMs: number): number | null {
  const at = sent.find(({ sequence }) => sequence === echo.sequence)?.atMs;
  return at === undefined ? null : Math.max(0, nowMs - at - echo.heldMs);
}

function smoothed(before: number | null, sample: number | null): number | null {
  if (before === null || sample === null) return sample ?? before;
  return before + (sample - before) / 8;
}

function shifted(bits: number, by: number): number {
  return by >= WINDOW ? 0 : (bits << by) >>> 0;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
