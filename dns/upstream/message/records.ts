import { HEADER_SIZE } from '../../wire/codes.ts';
import { skipName } from '../../wire/read/question.ts';

/** The offsets of a record in its message. */
export interface RecordSpan {
  readonly section: 'answer' | 'authority' | 'additional';
  /** Offset of its owner name. */
  readonly owner: number;
  /** Offset of its type; class, TTL and length follow. */
  readonly fields: number;
  readonly type: number;
  /** Offsets of its data and of the next record. */
  readonly data: number;
  readonly end: number;
}

/** The records of a message that `structureOf` accepted, in order. */
export function recordsOf(message: Buffer): readonly RecordSpan[] {
  const spans: RecordSpan[] = [];
  let at = HEADER_SIZE;
  for (let n = message.readUInt16BE(4); n > 0; n -= 1) at = skipName(message, at) + 4;
  for (const [counted, section] of SECTIONS) {
    for (let n = message.readUInt16BE(counted); n > 0; n -= 1) {
      const fields = skipName(message, at);
      const end = fields + 10 + message.readUInt16BE(fields + 8);
      spans.push({ section, owner: at, fields, type: message.readUInt16BE(fields), data: fields + 10, end });
      at = end;
    }
  }
  return spans;
}

const SECTIONS = [
  [6, 'answer'],
  [8, 'authority'],
  [10, 'additional'],
] as const;

/** The wire form of the name at an offset, in lower case, without pointers. Only for messages that `structureOf` accepted. */
export function wireNameAt(message: Buffer, start: number): string {
  let name = '';
  let at = start;
  for (let length = message.readUInt8(at); length !== 0; length = message.readUInt8(at)) {
    if (length >= 0xc0) {
      at = message.readUInt16BE(at) & 0x3fff;
      continue;
    }
    name += message.toString('latin1', at, at + length + 1);
    at += length + 1;
  }
  return lowerAscii(`${name}\0`);
}

/** A name in wire form, lower case: each label after its length. Comparable without escapes. */
export function wireName(name: string): string {
  const labels = name.split('.').filter((label) => label !== '');
  return `${labels.map((label) => String.fromCharCode(label.length) + label.toLowerCase()).join('')}\0`;
}

/** A wire name and its parents, longest first; the root is not included. */
export function* suffixesOf(wire: string): Generator<string> {
  for (let at = 0; at < wire.length; at += wire.charCodeAt(at) + 1) yield wire.slice(at);
}

/** Lower-cases ASCII letters only [RFC 4343 §2]; `toLowerCase` would also change Latin-1 letters. */
export function lowerAscii(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
