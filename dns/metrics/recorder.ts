import type { Path } from '../query/details.ts';
import { rcodeName } from '../wire/codes.ts';
import { typeName } from '../wire/type-names.ts';
import { createHistogram, type HistogramReport } from './histogram.ts';

const PATHS = ['hot', 'general', 'forwarded', 'cached'] as const satisfies readonly Path[];

/** Why a message got no reply of ours, or a reply did not go out. The registry of labels: add here. */
const DROP_REASONS = [
  /** No header, or itself a reply: nothing is due. */
  'not-a-query',
  /** One source sent more than its share. */
  'flood',
  /** More is under way than is kept. */
  'overload',
  /** The kernel's queue of the socket was full. */
  'kernel-queue',
  /** The reply could not be sent. */
  'unsent',
  /** A TCP connection beyond the limit, or one that was idle or too slow in the middle of a message. */
  'connection',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** What is counted beside answers and drops. */
const EVENTS = [
  /** Queries that waited for a starting container to be known. */
  'held',
  /** Messages that were not answered as a query: broken, or replies. */
  'malformed',
] as const;

export type RecordedEvent = (typeof EVENTS)[number];

/** Since the start of the process; whatever is zero is left out of the records. */
export interface TrafficReport {
  /** All replies. */
  readonly queries: number;
  readonly forwarded: number;
  readonly held: number;
  readonly malformed: number;
  /** Replies by name of the rcode. */
  readonly answers: Readonly<Record<string, number>>;
  /** Replies by type of the question; `TYPE0` where it could not be read, `other` above 257. */
  readonly types: Readonly<Record<string, number>>;
  /** Latency by path. Of the hot path those that were timed: all of a batch, one of sixteen and what it stands for without batches. */
  readonly paths: Readonly<Partial<Record<Path, HistogramReport>>>;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
}

/** Counts what is answered; cheap enough for every query. */
export interface Recorder {
  /** `count` replies of one kind. `type` of the question, 0 where there was none to read; `micros` from receipt to reply. */
  answered(path: Path, type: number, rcode: number, micros: number, count?: number): void;
  /** How long replies of the hot path took, which counts its types and codes itself. */
  tookHot(micros: number, count: number): void;
  dropped(reason: DropReason, count?: number): void;
  happened(event: RecordedEvent): void;
  /** With the replies of the hot path, which counts them itself. */
  read(hot?: readonly { readonly type: number; readonly rcode: number; readonly count: number }[]): TrafficReport;
}

/** Types are counted one by one up to CAA (257); the rest together, so that no flood of strange ones costs memory. */
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
