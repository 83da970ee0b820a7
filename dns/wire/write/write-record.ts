import type { Resource } from 'dns2';
import { writeIpv4, writeIpv6 } from '../address-bytes.ts';
import { HEADER_SIZE, TYPE } from '../codes.ts';
import { Packet } from '../dns2.ts';
import type { CopiedRecord, WireName } from '../read/copied-record.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { DnsRecord } from './record.ts';

/** Offsets below this can be pointer targets [RFC 1035 §4.1.4]. */
const MAX_POINTER = 0x4000;
const MAX_LABEL = 63;

/** Makes the question a target for name compression, unless a label contains a dot, which names of ours never do. */
export function seedNames(writer: ByteWriter, question: string): void {
  if (question.includes('\\')) return;
  const lower = question.toLowerCase();
  for (let at = 0; at < lower.length; ) {
    writer.names.set(lower.slice(at), HEADER_SIZE + at);
    const dot = lower.indexOf('.', at);
    at = dot < 0 ? lower.length : dot + 1;
  }
}

/** Writes a record. `owner` is the offset of its name if it was written before; null: it was not, or is too far for a pointer. */
export function writeRecord(writer: ByteWriter, record: DnsRecord | CopiedRecord, owner: number | null): void {
  if ('wireName' in record) {
    writeCopied(writer, record, owner);
    return;
  }
  const { type } = record;
  // An answer may have thousands of these, and dns2's name encoder costs a microsecond each.
  if (type === TYPE.A || type === TYPE.AAAA) writeAddress(writer, record, owner);
  // dns2 would compress the target, which is forbidden for SRV [RFC 2782, RFC 3597 §4].
  else if (type === TYPE.SRV) writeFramed(writer, record, owner, () => writeService(writer, record));
  else Packet.Resource.encode(record as Resource, writer);
}

/** The offset of the owner of the record at `at`, following a pointer; null if it is too far for a pointer. */
export function ownerOffset(writer: ByteWriter, at: number): number | null {
  const first = writer.bytes[at] ?? 0;
  if (first >= 0xc0) return ((first & 0x3f) << 8) | (writer.bytes[at + 1] ?? 0);
  return first > 0 && at < MAX_POINTER ? at : null;
}

type Framed = Pick<DnsRecord, 'name' | 'type' | 'class' | 'ttl'>;

function writeFramed(writer: ByteWriter, record: Framed, owner: number | null, writeData: () => void): void {
  if (owner === null) Packet.Name.encode(record.name, writer);
  else writer.write(0xc000 | owner, 16);
  writeFixed(writer, record, writeData);
}

/** Byte by byte: half the cost of a large answer is here. */
function writeAddress(
  writer: ByteWriter,
  { name, type, class: of, ttl, address = '' }: DnsRecord,
  owner: number | null,
) {
  if (owner === null) Packet.Name.encode(name, writer);
  else writer.write(0xc000 | owner, 16);
  const size = type === TYPE.A ? 4 : 16;
  const at = writer.claim(10 + size);
  const { bytes } = writer;
  const clamped = clampedTtl(ttl);
  bytes[at] = type >> 8;
  bytes[at + 1] = type;
  bytes[at + 2] = of >> 8;
  bytes[at + 3] = of;
  bytes[at + 4] = clamped >>> 24;
  bytes[at + 5] = clamped >>> 16;
  bytes[at + 6] = clamped >>> 8;
  bytes[at + 7] = clamped;
  bytes[at + 8] = 0;
  bytes[at + 9] = size;
  const isWritten = size === 4 ? writeIpv4(address, bytes, at + 10) : writeIpv6(address, bytes, at + 10);
  if (!isWritten) throw new Error(`${name} has an invalid address: ${address}`);
}

/** A TTL has 31 bits [RFC 2181 §8]. */
function clampedTtl(ttl: number): number {
  return Math.min(ttl >>> 0, 0x7fffffff);
}

function writeFixed(writer: ByteWriter, { type, class: of, ttl }: Omit<Framed, 'name'>, writeData: () => void): void {
  writer.write(type, 16);
  writer.write(of, 16);
  writer.write(clampedTtl(ttl), 32);
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
    if (record.target) writeWireName(writer, record.target);
    else writer.append(record.data);
  });
}

/** Uses a pointer if the name or one of its suffixes was written before. */
function writeWireName(writer: ByteWriter, { bytes, key }: WireName): void {
  if (key === null || key === '') {
    writer.append(bytes);
    return;
  }
  let at = 0;
  for (let suffix = key; suffix !== ''; ) {
    const known = writer.names.get(suffix);
    if (known !== undefined) {
      writer.append(bytes.subarray(0, at));
      writer.write(0xc000 | known, 16);
      return;
    }
    if (writer.byteLength() + at < MAX_POINTER) writer.names.set(suffix, writer.byteLength() + at);
    at += (bytes[at] ?? 0) + 1;
    suffix = key.slice(at);
  }
  writer.append(bytes);
}
