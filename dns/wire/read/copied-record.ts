import { CLASS_IN, HEADER_SIZE, TYPE } from '../codes.ts';
import { createNameReader, type NameReader } from './name-reader.ts';
import { skipName } from './question.ts';
import { namesIn } from './structure.ts';

/** A name in uncompressed wire form. */
export interface WireName {
  readonly bytes: Buffer;
  /** Its text in lower case; null if a label contains a dot or there are unusually many labels. */
  readonly key: string | null;
}

/** A record copied from a message of an upstream. dns2 would confuse a dot within a label with the dot between labels. */
export interface CopiedRecord {
  readonly wireName: WireName;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** Names in it are uncompressed. */
  readonly data: Buffer;
  /** Target of a CNAME; null for other types. */
  readonly target: WireName | null;
}

export interface Copies {
  readonly answers: readonly CopiedRecord[];
  readonly authorities: readonly CopiedRecord[];
}

/** Further records of a section are left out: each costs time, and no real alias has as many. */
const MAX_COPIES = 250;
const MAX_LABELS = 20;

/** The records at these offsets of a message that `structureOf` accepted. */
export function copyRecordsAt(message: Buffer, offsets: readonly number[]): readonly CopiedRecord[] {
  const copyAt = createCopier(message, createNameReader(message));
  return offsets.map(copyAt);
}

/** The records of a message that `structureOf` accepted. */
export function copyRecords(message: Buffer): Copies {
  const names = createNameReader(message);
  const copyAt = createCopier(message, names);
  let at = HEADER_SIZE;
  for (let n = message.readUInt16BE(4); n > 0; n -= 1) at = names.end(at) + 4;
  const copySection = (count: number): readonly CopiedRecord[] => {
    const copies: CopiedRecord[] = [];
    for (let n = 0; n < count; n += 1) {
      const fixed = skipName(message, at);
      if (message.readUInt16BE(fixed + 2) === CLASS_IN && copies.length < MAX_COPIES) copies.push(copyAt(at));
      at = fixed + 10 + message.readUInt16BE(fixed + 8);
    }
    return copies;
  };
  return { answers: copySection(message.readUInt16BE(6)), authorities: copySection(message.readUInt16BE(8)) };
}

function createCopier(message: Buffer, names: NameReader): (at: number) => CopiedRecord {
  const nameAt = createWireNames(names);
  return (at) => {
    const fixed = skipName(message, at);
    const type = message.readUInt16BE(fixed);
    const ttl = message.readUInt32BE(fixed + 4);
    const target = type === TYPE.CNAME ? nameAt(fixed + 10) : null;
    const end = fixed + 10 + message.readUInt16BE(fixed + 8);
    const data = target ? target.bytes : copyData(message, names, type, fixed + 10, end);
    return { wireName: nameAt(at), type, class: message.readUInt16BE(fixed + 2), ttl, data, target };
  };
}

/** Reads each name once, however many records have it. */
function createWireNames(names: NameReader): (at: number) => WireName {
  const known = new Map<number, WireName>();
  return (at) => {
    const origin = names.origin(at);
    const name = known.get(origin) ?? wireNameOf(names.wire(origin));
    known.set(origin, name);
    return name;
  };
}

function wireNameOf(bytes: Buffer): WireName {
  const labels: string[] = [];
  for (let at = 0; (bytes[at] ?? 0) > 0; at += (bytes[at] ?? 0) + 1) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + (bytes[at] ?? 0)));
  }
  const isPlain = labels.length <= MAX_LABELS && !labels.some((label) => /[.\\]/.test(label));
  return { bytes, key: isPlain ? labels.join('.').toLowerCase() : null };
}

function copyData(message: Buffer, names: NameReader, type: number, from: number, end: number): Buffer {
  const parts: Buffer[] = [];
  let at = from;
  for (const name of namesIn(type, names, from)) {
    parts.push(message.subarray(at, name), names.wire(name));
    at = names.end(name);
  }
  return parts.length === 0 ? message.subarray(from, end) : Buffer.concat([...parts, message.subarray(at, end)]);
}
