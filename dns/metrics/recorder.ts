import type { Path } from '../query/details.ts';
import { rcodeName } from '../wire/codes.ts';
import { typeName } from '../wire/type-names.ts';
import { createHistogram, type HistogramReport } from './histogram.ts';

const PATHS = ['hot', 'general', 'forwarded', 'cached'] as const satisfies readonly Path[];

/** Why a message got no reply, or a reply was not sent. The labels of the metric. */
const DROP_REASONS = [
  /** The message has no header, or is a reply. */
  'not-a-query',
  /** The client sent more than its share. */
  'flood',
  /** Too many queries are in flight. */
  'overload',
  /** The socket's queue in the kernel was full. */
  'kernel-queue',
  /** The reply could not be sent. */
  'unsent',
  /** A TCP connection exceeded a limit: too many connections, or too slow within a message. */
  'connection',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Events that are counted besides answers and drops. */
const EVENTS = [
  /** A query waited until a starting container was identified. */
  'held',
  /** A message was not a query: it was broken, or a reply. */
  'malformed',
] as const;

export type RecordedEvent = (typeof EVENTS)[number];

/** Counts since the start of the process. Zeros are left out of the records. */
export interface TrafficReport {
  /** All replies. */
  readonly queries: number;
  readonly forwarded: number;
  readonly held: number;
  readonly malformed: number;
  /** Replies by rcode. */
  readonly answers: Readonly<Record<string, number>>;
  /** Replies by type of the question; `TYPE0` if it could not be read, `other` above 257. */
  readonly types: Readonly<Record<string, number>>;
  /** Latency by path. On the hot path a batch is timed as a whole; without batches one of sixteen replies is timed. */
  readonly paths: Readonly<Partial<Record<Path, HistogramReport>>>;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
}

/** Counts replies and drops; cheap enough for every query. */
export interface Recorder {
  /** `count` replies of one kind. `type` of the question, 0 if it could not be read; `micros` from receipt to reply. */
  answered(path: Path, type: number, rcode: number, micros: number, count?: number): void;
  /** The time that replies of the hot path took. It counts types and codes itself. */
  tookHot(micros: number, count: number): void;
  dropped(reason: DropReason, count?: number): void;
  happened(event: RecordedEvent): void;
  /** `hot`: the counts of the hot path. */
  read(hot?: readonly { readonly type: number; readonly rcode: number; readonly count: number }[]): TrafficReport;
}

/** Types up to CAA (257) are counted separately, higher ones together, so that a flood of random types takes no memory. */
const TYPES = 259;
const RCODES = 32;

export function createRecorder(): Recorder {
  const types = new Float64Array(TYPES);
  const rcodes = new Float64Array(RCODES);
  const drops = new Float64Array(DROP_REASONS.length);
  const events = new Float64Array(EVENTS.length);
  const histograms = PATHS.map(createHistogram);
  const add = (counts: Float64Array, at: number, count: number): void => {
    counts[at] = (counts[at] ?? 0) + count;
  };
  return {
    answered: (path, type, rcode, micros, count = 1) => {
      histograms[PATHS.indexOf(path)]?.add(micros, count);
      add(types, typeSlot(type), count);
      add(rcodes, rcodeSlot(rcode), count);
    },
    tookHot: (micros, count) => histograms[PATHS.indexOf('hot')]?.add(micros, count),
    dropped: (reason, count = 1) => add(drops, DROP_REASONS.indexOf(reason), count),
    happened: (event) => add(events, EVENTS.indexOf(event), 1),
    read: (hot = []) => {
      const ofHot = { types: new Float64Array(TYPES), rcodes: new Float64Array(RCODES) };
      for (const { type, rcode, count } of hot) {
        add(ofHot.types, typeSlot(type), count);
        add(ofHot.rcodes, rcodeSlot(rcode), count);
      }
      const paths = Object.fromEntries(
        PATHS.flatMap((path, at) => {
          const histogram = histograms[at]?.read();
          return histogram && histogram.count > 0 ? [[path, histogram]] : [];
        }),
      ) as TrafficReport['paths'];
      return {
        queries: sumOf(rcodes) + sumOf(ofHot.rcodes),
        forwarded: (paths.forwarded?.count ?? 0) + (paths.cached?.count ?? 0),
        held: events[EVENTS.indexOf('held')] ?? 0,
        malformed: events[EVENTS.indexOf('malformed')] ?? 0,
        answers: named(rcodes, ofHot.rcodes, rcodeName),
        types: named(types, ofHot.types, (type) => (type === TYPES - 1 ? 'other' : typeName(type))),
        paths,
        drops: named(drops, null, (at) => DROP_REASONS[at] ?? ''),
      };
    },
  };
}

function typeSlot(type: number): number {
  return type < TYPES - 1 ? type : TYPES - 1;
}

function rcodeSlot(rcode: number): number {
  return rcode < RCODES ? rcode : RCODES - 1;
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function named(
  counts: Float64Array,
  more: Float64Array | null,
  nameOf: (at: number) => string,
): Record<string, number> {
  const all = [...counts].map((count, at) => count + (more?.[at] ?? 0));
  return Object.fromEntries(all.flatMap((count, at) => (count > 0 ? [[nameOf(at), count]] : [])));
}
