import { type Query, readQuery } from '../wire/read/query.ts';

/** The EDNS of a plain query: none, an OPT record without flags, or one with DO. */
export type PlainEdns = 'none' | 'bare' | 'dnssec-ok';

const HEADER_SIZE = 12;
const OPT_SIZE = 11;

/** A query for a name in wire form, with id 0 and no flags. Null: the general path does not answer such a query. */
export function canonicalQuery(name: Uint8Array, type: number, edns: PlainEdns = 'none'): Query | null {
  const questionEnd = HEADER_SIZE + name.length + 4;
  const bytes = Buffer.alloc(questionEnd + (edns === 'none' ? 0 : OPT_SIZE));
  bytes.writeUInt16BE(1, 4);
  bytes.set(name, HEADER_SIZE);
  bytes.writeUInt16BE(type, questionEnd - 4);
  bytes.writeUInt16BE(1, questionEnd - 2);
  if (edns !== 'none') {
    bytes.writeUInt16BE(1, 10);
    bytes.writeUInt16BE(41, questionEnd + 1);
    bytes.writeUInt16BE(1_232, questionEnd + 3);
    bytes.writeUInt16BE(edns === 'dnssec-ok' ? 0x8000 : 0, questionEnd + 7);
  }
  const read = readQuery(bytes);
  return read.kind === 'query' ? read.query : null;
}

/** A name in wire form, lower case, with the root's zero. Null: a label has other than printable characters. */
export function wireName(name: string): Buffer | null {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  if (plain === '') return Buffer.from([0]);
  const labels = plain.toLowerCase().split('.');
  if (plain.length > 253 || !labels.every((label) => /^[!-[\]-~]{1,63}$/.test(label))) return null;
  return Buffer.from(`${labels.map((label) => String.fromCharCode(label.length) + label).join('')}\0`, 'latin1');
}
