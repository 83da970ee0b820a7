import { Packet, type Resource } from 'dns2';
import { writeIpv4, writeIpv6 } from './address-bytes.ts';
import type { ByteWriter } from './byte-writer.ts';
import { TYPE } from './codes.ts';
import type { CopiedRecord } from './copied-record.ts';
import type { DnsRecord } from './record.ts';
import { HEADER_SIZE } from './structure.ts';

/** Offsets that a pointer reaches [RFC 1035 §4.1.4]. */
const MAX_POINTER = 0x4000;
const MAX_LABEL = 63;

/** Lets the names of records point at the question. A name with a dot inside a label is no name of ours and is left out. */
export function seedNames(writer: ByteWriter, question: string): void {
  if (question.includes('\\')) return;
  const lower = question.toLowerCase();
  for (let at = 0; at < lower.length; ) {
    writer.names.set(lower.slice(at), HEADER_SIZE + at);
    const dot = lower.indexOf('.', at);
    at = dot < 0 ? lower.length : dot + 1;
  }
}

/** Writes a record whose name stands already at `owner`; null: it does not, or out of reach of pointers. */
export function writeRecord(writer: ByteWriter, record: DnsRecord | CopiedRecord, owner: number | null): void {
  if ('wireName' in record) {
    writeCopied(writer, record, owner);
    return;
  }
  const writeData = plainData(writer, record);
  if (writeData) writeFramed(writer, record, owner, writeData);
  else Packet.Resource.encode(record as Resource, writer);
}

/** How to write what we write ourselves; null: dns2 does it. */
function plainData(writer: ByteWriter, record: DnsRecord): (() => void) | null {
  const { type, address = '' } = record;
  // Of these an answer may have thousands, and dns2's encoder of names costs a microsecond each.
  if (type === TYPE.A) return () => writer.fill(4, (bytes, at) => writeIpv4(address, bytes, at));
  if (type === TYPE.AAAA) return () => writer.fill(16, (bytes, at) => writeIpv6(address, bytes, at));
  // Of this one dns2 would compress the target too, which is forbidden [RFC 2782, RFC 3597 §4].
  return type === TYPE.SRV ? () => writeService(writer, record) : null;
}

/** Where the owner of the record stands that begins at `at`: there, or where it points; null: out of reach of pointers. */
export function ownerOffset(writer: ByteWriter, at: number): number | null {
  const first = writer.byteAt(at);
  if (first >= 0xc0) return ((first & 0x3f) << 8) | writer.byteAt(at + 1);
  return first > 0 && at < MAX_POINTER ? at : null;
}

type Framed = Pick<DnsRecord, 'name' | 'type' | 'class' | 'ttl'>;

function writeFramed(writer: ByteWriter, record: Framed, owner: number | null, writeData: () => void): void {
  if (owner === null) Packet.Name.encode(record.name, writer);
  else writer.write(0xc000 | owner, 16);
  writeFixed(writer, record, writeData);
}

function writeFixed(writer: ByteWriter, { type, class: of, ttl }: Omit<Framed, 'name'>, writeData: () => void): void {
  writer.write(type, 16);
  writer.write(of, 16);
  // The highest bit is no part of it [RFC 2181 §8].
  writer.write(Math.min(ttl >>> 0, 0x7fffffff), 32);
  writer.write(0, 16);
  const data = writer.byteLength();
  writeData();
  writer.patch(data * 8 - 16, writer.byteLength() - data, 16);
}

function writeService(writer: ByteWriter, { priority = 0, weight = 0, port = 0, target = '' }: DnsRecord): void {
  for (const value of [priority, weight, port]) writer.write(value, 16);
  for (const label of target.split('.')) {
    if (label === '') continue;
    if (label.length > MAX_LABEL) throw new Error(`the SRV target ${target} has a label of more than 63 characters`);
    writer.write(label.length, 8);
    writer.text(label);
  }
  writer.write(0, 8);
}

function writeCopied(writer: ByteWriter, record: CopiedRecord, owner: number | null): void {
  if (owner === null) writeWireName(writer, record.wireName);
  else writer.write(0xc000 | owner, 16);
  writeFixed(writer, record, () => {
    if (record.type === TYPE.CNAME) writeWireName(writer, record.data);
    else writer.append(record.data);
  });
}

/** Compressed, unless a label has a dot in it: such names are not kept in the table of texts. */
function writeWireName(writer: ByteWriter, name: Buffer): void {
  const texts: string[] = [];
  for (let at = 0; (name[at] ?? 0) > 0; at += (name[at] ?? 0) + 1) {
    texts.push(name.toString('latin1', at + 1, at + 1 + (name[at] ?? 0)));
  }
  if (texts.some((text) => /[.\\]/.test(text))) writer.append(name);
  else Packet.Name.encode(texts.join('.'), writer);
}
