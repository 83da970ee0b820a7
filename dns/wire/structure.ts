/**
 * The shape of a message, found in one pass whose cost grows with its length only: every name ends, every pointer leads
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

export interface QuestionShape {
  /** Case as sent, no trailing dot, '' for the root. A dot or backslash within a label is written `\.` and `\\`. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Offset of the first byte behind it. */
  readonly end: number;
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
    return walk(bytes);
  } catch (error) {
    if (error instanceof Broken || error instanceof RangeError) return null;
    throw error;
  }
}

class Broken extends Error {}

const TYPE_OPT = 41;

function walk(bytes: Buffer): Structure {
  const questions = bytes.readUInt16BE(4);
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  let at = HEADER_SIZE;
  let question: QuestionShape | null = null;
  for (let n = 0; n < questions; n += 1) {
    question = readQuestion(bytes, at);
    at = question.end;
  }
  let opt: OptShape | null = null;
  let opts = 0;
  for (let n = 0; n < records; n += 1) {
    const record = readRecord(bytes, at);
    at = record.end;
    if (record.opt) opts += 1;
    opt ??= record.opt;
  }
  return { question: questions === 1 ? question : null, opt, opts };
}

function readQuestion(bytes: Buffer, at: number): QuestionShape {
  const { name, end } = readName(bytes, at);
  return { name, type: bytes.readUInt16BE(end), class: bytes.readUInt16BE(end + 2), end: end + 4 };
}

function readRecord(bytes: Buffer, at: number): { readonly end: number; readonly opt: OptShape | null } {
  const owner = readName(bytes, at).end;
  const type = bytes.readUInt16BE(owner);
  const data = owner + 10;
  const end = data + bytes.readUInt16BE(owner + 8);
  if (end > bytes.length) throw new Broken();
  for (const nameAt of namesWithin(type, bytes, data, end)) if (nameAt > end) throw new Broken();
  if (type !== TYPE_OPT) return { end, opt: null };
  return { end, opt: { payloadSize: bytes.readUInt16BE(owner + 2), version: bytes.readUInt8(owner + 5) } };
}

/** Where the names in the data of a record end: CNAME, NS, PTR; MX; SRV; SOA (two); RRSIG. */
function namesWithin(type: number, bytes: Buffer, data: number, end: number): readonly number[] {
  const skip = NAME_AT[type];
  if (skip === undefined || data + skip >= end) return [];
  const first = readName(bytes, data + skip).end;
  return type === 6 ? [first, readName(bytes, first).end] : [first];
}

const NAME_AT: Readonly<Record<number, number>> = { 2: 0, 5: 0, 6: 0, 12: 0, 15: 2, 33: 6, 46: 18 };

const MAX_JUMPS = 64;
const MAX_NAME = 255;

/** A name and the offset behind it [RFC 1035 §4.1.4]. */
function readName(bytes: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | null = null;
  let size = 1;
  let jumps = 0;
  for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
    if (length >= 0xc0) {
      const target = bytes.readUInt16BE(at) & 0x3fff;
      end ??= at + 2;
      jumps += 1;
      if (target >= at || target < HEADER_SIZE || jumps > MAX_JUMPS) throw new Broken();
      at = target;
      continue;
    }
    size += length + 1;
    if (length > 63 || size > MAX_NAME || at + 1 + length > bytes.length) throw new Broken();
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length).replace(/[.\\]/g, '\\$&'));
    at += length + 1;
  }
  return { name: labels.join('.'), end: end ?? at + 1 };
}
