import { createNameReader, type NameReader } from './name-reader.ts';
import type { QuestionShape } from './question.ts';

export type { QuestionShape } from './question.ts';

/**
 * The shape of somebody else's message, found at a cost that grows with its length only: every name ends, every pointer leads
 * backwards, every record lies within the bytes. Nothing else may look into a message before this has.
 */
export interface Structure {
  /** Null when there is not exactly one. */
  readonly question: QuestionShape | null;
  /** The OPT record; null without [RFC 6891]. */
  readonly opt: OptShape | null;
  /** Number of OPT records: more than one is an error. */
  readonly opts: number;
}

export interface OptShape {
  readonly payloadSize: number;
  readonly version: number;
}

export const HEADER_SIZE = 12;

/** Null for a message that is broken anywhere. */
export function structureOf(bytes: Buffer): Structure | null {
  if (bytes.length < HEADER_SIZE) return null;
  try {
    return walk(bytes, createNameReader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const TYPE_OPT = 41;

function walk(bytes: Buffer, names: NameReader): Structure | null {
  const questions = bytes.readUInt16BE(4);
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  let at = HEADER_SIZE;
  let question: QuestionShape | null = null;
  for (let n = 0; n < questions; n += 1) {
    const end = names.end(at);
    if (n === 0) {
      question = {
        name: names.text(at),
        type: bytes.readUInt16BE(end),
        class: bytes.readUInt16BE(end + 2),
        end: end + 4,
      };
    }
    at = end + 4;
  }
  let opt: OptShape | null = null;
  let opts = 0;
  for (let n = 0; n < records; n += 1) {
    const fixed = names.end(at);
    const type = bytes.readUInt16BE(fixed);
    const data = fixed + 10;
    const end = data + bytes.readUInt16BE(fixed + 8);
    if (end > bytes.length || (NAME_AT.has(type) && !holdsNames(type, names, data, end))) return null;
    at = end;
    if (type !== TYPE_OPT) continue;
    opts += 1;
    opt ??= { payloadSize: bytes.readUInt16BE(fixed + 2), version: bytes.readUInt8(fixed + 5) };
  }
  return at > bytes.length ? null : { question: questions === 1 ? question : null, opt, opts };
}

/** Where in the data of a record names stand: CNAME, NS, PTR; MX; SRV; SOA (two); RRSIG. */
const NAME_AT: ReadonlyMap<number, number> = new Map([
  [2, 0],
  [5, 0],
  [6, 0],
  [12, 0],
  [15, 2],
  [33, 6],
  [46, 18],
]);
const TYPE_SOA = 6;

function holdsNames(type: number, names: NameReader, data: number, end: number): boolean {
  for (const name of namesIn(type, names, data, end)) if (names.end(name) > end) return false;
  return true;
}

/** The offsets of the names in the data of a record. */
export function namesIn(type: number, names: NameReader, data: number, end: number): readonly number[] {
  const skip = NAME_AT.get(type);
  if (skip === undefined || data + skip >= end) return [];
  const first = data + skip;
  return type === TYPE_SOA ? [first, names.end(first)] : [first];
}
