import { HEADER_SIZE, TYPE } from '../codes.ts';
import { createNameReader, type NameReader } from './name-reader.ts';
import type { QuestionShape } from './question.ts';

export type { QuestionShape } from './question.ts';

/**
 * The structure of a message from an upstream, checked in linear time: every name ends, every pointer leads backwards and to
 * bytes that do not change, every record lies within the message. No other code reads a message before this check.
 */
export interface Structure {
  /** Null unless there is exactly one. */
  readonly question: QuestionShape | null;
  /** The OPT record; null if there is none [RFC 6891]. */
  readonly opt: OptShape | null;
  /** Number of OPT records; more than one is an error. */
  readonly opts: number;
}

export interface OptShape {
  readonly payloadSize: number;
  readonly version: number;
}

/** Null if any part of the message is broken. */
export function structureOf(bytes: Buffer): Structure | null {
  if (bytes.length < HEADER_SIZE) return null;
  try {
    return walk(bytes, createNameReader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Serial, refresh, retry, expire, minimum. */
const SOA_NUMBERS = 20;
/** Flags, protocol, algorithm [RFC 4034 §2.1]. */
const DNSKEY_NUMBERS = 4;

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
    names.seal(end, end + 4);
    at = end + 4;
  }
  let opt: OptShape | null = null;
  let opts = 0;
  for (let n = 0; n < records; n += 1) {
    const fixed = names.end(at);
    const type = bytes.readUInt16BE(fixed);
    const data = fixed + 10;
    const end = data + bytes.readUInt16BE(fixed + 8);
    names.seal(fixed, data);
    if (end > bytes.length || !isSoundData(bytes, type, names, data, end)) return null;
    if (type === TYPE.A || type === TYPE.AAAA) names.seal(data, end);
    at = end;
    if (type !== TYPE.OPT) continue;
    opts += 1;
    opt ??= { payloadSize: bytes.readUInt16BE(fixed + 2), version: bytes.readUInt8(fixed + 5) };
  }
  return at > bytes.length ? null : { question: questions === 1 ? question : null, opt, opts };
}

/** The offset of the name (SOA: two names) in the data of a record, by type. */
const NAME_AT: ReadonlyMap<number, number> = new Map([
  [TYPE.NS, 0],
  [TYPE.CNAME, 0],
  [TYPE.SOA, 0],
  [TYPE.PTR, 0],
  [TYPE.MX, 2],
  [TYPE.SRV, 6],
  [TYPE.RRSIG, 18],
]);

/**
 * Checks the data of record types that other code reads: its size, and that names and texts end within it. Applied to every
 * class; only IN is in use [RFC 1035 §3.3, RFC 3596].
 */
function isSoundData(bytes: Buffer, type: number, names: NameReader, data: number, end: number): boolean {
  switch (type) {
    case TYPE.A:
      return end - data === 4;
    case TYPE.AAAA:
      return end - data === 16;
    case TYPE.SOA:
      return names.end(names.end(data)) + SOA_NUMBERS === end;
    case TYPE.TXT:
    case TYPE.SPF:
      return endOfTexts(bytes, data, end) === end;
    case TYPE.RRSIG:
      return names.end(data + 18) <= end;
    case TYPE.DNSKEY:
      return end - data >= DNSKEY_NUMBERS;
    case TYPE.CAA:
      return end - data >= 2 && data + 2 + (bytes[data + 1] ?? 0) <= end;
    default: {
      const skip = NAME_AT.get(type);
      return skip === undefined || names.end(data + skip) === end;
    }
  }
}

/** The offset after the last character string [RFC 1035 §3.3.14]. */
function endOfTexts(bytes: Buffer, data: number, end: number): number {
  let at = data;
  while (at < end) at += 1 + (bytes[at] ?? 0);
  return at;
}

/** The offsets of the names in the data of a record. */
export function namesIn(type: number, names: NameReader, data: number): readonly number[] {
  const skip = NAME_AT.get(type);
  if (skip === undefined) return [];
  const first = data + skip;
  return type === TYPE.SOA ? [first, names.end(first)] : [first];
}
