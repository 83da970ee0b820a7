import { TYPE } from './codes.ts';
import type { Cursor } from './cursor.ts';

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface Rr {
  /** Absolute, letter case as received. */
  readonly owner: string;
  readonly type: number;
  /** For OPT: the payload size. */
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
  /** In zone-file notation; hexadecimal for unknown types. */
  readonly text: string;
  /** Whether a name within the data is compressed. */
  readonly compressedData: boolean;
}

export interface Opt {
  readonly size: number;
  readonly version: number;
  readonly extendedRcode: number;
  readonly dnssecOk: boolean;
  /** The flags besides DO, which must be zero. */
  readonly z: number;
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
  readonly owner: string;
}

export function readQuestion(cursor: Cursor): Question {
  return { name: cursor.name().text, type: cursor.u16(), class: cursor.u16() };
}

export function readRecord(cursor: Cursor): Rr {
  const owner = cursor.name().text;
  const [type, klass, ttl, length] = [cursor.u16(), cursor.u16(), cursor.u32(), cursor.u16()];
  const start = cursor.at();
  const data = cursor.take(length);
  cursor.moveTo(start);
  const { text, compressed } = dataText(type, cursor, length);
  if (cursor.at() !== start + length) {
    throw new Error(`data of type ${type} at ${start} is ${cursor.at() - start} octets long, it says ${length}`);
  }
  return { owner, type, class: klass, ttl, data, text, compressedData: compressed };
}

interface Text {
  readonly text: string;
  readonly compressed: boolean;
}

function dataText(type: number, cursor: Cursor, length: number): Text {
  switch (type) {
    case TYPE.A:
      return plain([...cursor.take(4)].join('.'));
    case TYPE.AAAA:
      return plain(Array.from({ length: 8 }, () => cursor.u16().toString(16)).join(':'));
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.PTR:
      return names(cursor, 1);
    case TYPE.SOA:
      return after(names(cursor, 2), () => Array.from({ length: 5 }, () => cursor.u32()).join(' '));
    case TYPE.SRV: {
      const numbers = [cursor.u16(), cursor.u16(), cursor.u16()].join(' ');
      const target = names(cursor, 1);
      return { ...target, text: `${numbers} ${target.text}` };
    }
    case TYPE.TXT:
      return plain(strings(cursor, length).join(' '));
    default:
      return plain(cursor.take(length).toString('hex'));
  }
}

function plain(text: string): Text {
  return { text, compressed: false };
}

function names(cursor: Cursor, count: number): Text {
  const read = Array.from({ length: count }, () => cursor.name());
  return { text: read.map(({ text }) => text).join(' '), compressed: read.some(({ compressed }) => compressed) };
}

function after(first: Text, rest: () => string): Text {
  return { ...first, text: `${first.text} ${rest()}` };
}

function strings(cursor: Cursor, length: number): readonly string[] {
  const found: string[] = [];
  for (let left = length; left > 0; ) {
    const size = cursor.take(1)[0] ?? 0;
    found.push(`"${cursor.take(size).toString('latin1')}"`);
    left -= size + 1;
  }
  return found;
}

/** The fields of an OPT record [RFC 6891 §6.1.2]. */
export function toOpt({ owner, class: size, ttl, data }: Rr): Opt {
  const options: { code: number; data: Buffer }[] = [];
  for (let at = 0; at < data.length; ) {
    if (at + 4 > data.length) throw new Error('half an EDNS option');
    const length = data.readUInt16BE(at + 2);
    if (at + 4 + length > data.length) throw new Error('an EDNS option longer than the OPT record');
    options.push({ code: data.readUInt16BE(at), data: data.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return {
    owner,
    size,
    options,
    extendedRcode: ttl >>> 24,
    version: (ttl >>> 16) & 0xff,
    dnssecOk: (ttl & 0x8000) !== 0,
    z: ttl & 0x7fff,
  };
}

/** Fields of an SOA record [RFC 1035 §3.3.13]. */
export function soaOf(record: Rr): { readonly minimum: number; readonly primary: string; readonly mailbox: string } {
  const [primary = '', mailbox = '', , , , , minimum = ''] = record.text.split(' ');
  return { primary, mailbox, minimum: Number(minimum) };
}
