import { Packet, type Resource } from 'dns2';
import { ByteWriter } from './byte-writer.ts';
import { CLASS_IN, RCODE, TYPE } from './codes.ts';
import type { Query, ReadResult } from './query.ts';
import { HEADER_SIZE } from './structure.ts';

/** A record as dns2 encodes it. Names absolute or not, that makes no difference to it. */
export type DnsRecord = Omit<Resource, 'toBuffer'>;

export interface Reply {
  readonly rcode: number;
  /** We know it ourselves: AA. */
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** Left off where there is no room, without TC [RFC 2181 §9]. */
  readonly additionals?: readonly DnsRecord[];
}

/** What we take over UDP ourselves [RFC 9715 §3.1]. */
const OWN_PAYLOAD_SIZE = 1232;
const OPT_SIZE = 11;
const FLAG_TC = 0x0200;

/**
 * The reply to a query in at most `limitBytes`; the question is repeated byte for byte, so in the client's own mix of case.
 * Answers that do not fit are left off the end; `truncate` says so to the client (TC), who asks again over TCP.
 */
export function encodeReply(query: Query, reply: Reply, limitBytes: number, truncate: boolean): Buffer {
  const writer = new ByteWriter(query.bytes.subarray(0, query.questionEnd));
  seedNames(writer, query.name);
  const limit = limitBytes - (query.payloadSize === null ? 0 : OPT_SIZE);
  const answers = writeRecords(writer, reply.answers, limit);
  const complete = answers === reply.answers.length;
  const authorities = complete ? writeRecords(writer, reply.authorities, limit) : 0;
  const additionals = complete ? writeRecords(writer, reply.additionals ?? [], limit) : 0;
  if (query.payloadSize !== null) writeOpt(writer, 0);
  const bytes = writer.toBuffer();
  const flags = (reply.authoritative ? 0x0400 : 0) | (complete || !truncate ? 0 : FLAG_TC);
  const opts = query.payloadSize === null ? 0 : 1;
  writeHeader(bytes, flags | (reply.rcode & 0xf), [1, answers, authorities, additionals + opts]);
  return bytes;
}

/** A reply without records, to anything that has a header. */
export function encodeRefusal(bytes: Buffer, refusal: Omit<ReadResult & { kind: 'refuse' }, 'kind'>): Buffer {
  const writer = new ByteWriter(bytes.subarray(0, refusal.questionEnd));
  const opt = refusal.edns || refusal.rcode > 0xf;
  if (opt) writeOpt(writer, refusal.rcode >> 4);
  const reply = writer.toBuffer();
  writeHeader(reply, refusal.rcode & 0xf, [refusal.questionEnd > HEADER_SIZE ? 1 : 0, 0, 0, opt ? 1 : 0]);
  return reply;
}

/** What went wrong on our side or upstream. */
export function encodeServerFailure(query: Query): Buffer {
  return encodeReply(query, { rcode: RCODE.SERVFAIL, authoritative: false, answers: [], authorities: [] }, 512, false);
}

/** Somebody else's reply, cut to the question alone where the client cannot take it. */
export function fitForwarded(query: Query, reply: Buffer, limitBytes: number): Buffer {
  if (reply.length <= limitBytes) return reply;
  const cut = Buffer.from(query.bytes.subarray(0, query.questionEnd));
  writeHeader(cut, FLAG_TC | (reply.readUInt8(3) & 0xf), [1, 0, 0, 0]);
  return cut;
}

/** Keeps id, opcode, RD and CD of the query; sets QR and RA. */
function writeHeader(bytes: Buffer, flags: number, counts: readonly [number, number, number, number]): void {
  const kept = bytes.readUInt16BE(2) & 0x7910;
  bytes.writeUInt16BE(kept | 0x8080 | flags, 2);
  counts.forEach((count, at) => {
    bytes.writeUInt16BE(count, 4 + at * 2);
  });
}

function writeRecords(writer: ByteWriter, records: readonly DnsRecord[], limit: number): number {
  let written = 0;
  for (const record of records) {
    const before = writer.byteLength();
    if (record.type === TYPE.SRV) writeServiceRecord(writer, record);
    else Packet.Resource.encode(record as Resource, writer);
    if (writer.byteLength() > limit) {
      writer.cut(before);
      return written;
    }
    written += 1;
  }
  return written;
}

/** dns2 would compress the target, which SRV forbids [RFC 2782, RFC 3597 §4]. */
function writeServiceRecord(writer: ByteWriter, { name, ttl, priority, weight, port, target = '' }: DnsRecord): void {
  Packet.Name.encode(name, writer);
  const labels = target.split('.').filter((label) => label !== '');
  const size = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  for (const value of [TYPE.SRV, CLASS_IN]) writer.write(value, 16);
  writer.write(ttl, 32);
  for (const value of [6 + size, priority ?? 0, weight ?? 0, port ?? 0]) writer.write(value, 16);
  for (const label of labels) {
    writer.write(label.length, 8);
    writer.append(Buffer.from(label, 'latin1'));
  }
  writer.write(0, 8);
}

function writeOpt(writer: ByteWriter, extendedRcode: number): void {
  writer.write(0, 8);
  writer.write(TYPE.EDNS, 16);
  writer.write(OWN_PAYLOAD_SIZE, 16);
  writer.write(extendedRcode, 8);
  writer.write(0, 24);
  writer.write(0, 16);
}

/** Lets answers point at the question. A name with a dot inside a label is no name of ours and is left out. */
function seedNames(writer: ByteWriter, name: string): void {
  if (name.includes('\\')) return;
  const lower = name.toLowerCase();
  for (let at = 0; at < lower.length; ) {
    writer.names.set(lower.slice(at), HEADER_SIZE + at);
    const dot = lower.indexOf('.', at);
    at = dot < 0 ? lower.length : dot + 1;
  }
}

/** An address record of either family. */
export function addressRecord(name: string, type: number, ttl: number, address: string): DnsRecord {
  return { name, type, class: CLASS_IN, ttl, address };
}

/** CNAME or PTR. */
export function domainRecord(name: string, type: number, ttl: number, domain: string): DnsRecord {
  return { name, type, class: CLASS_IN, ttl, domain };
}

export function nameServerRecord(name: string, ttl: number, server: string): DnsRecord {
  return { name, type: TYPE.NS, class: CLASS_IN, ttl, ns: server };
}

export function serviceRecord(
  name: string,
  ttl: number,
  service: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string },
): DnsRecord {
  return { name, type: TYPE.SRV, class: CLASS_IN, ttl, ...service };
}

/** One record of as many strings of 255 octets as the text takes [RFC 1035 §3.3.14]; dns2 would not cut it. */
export function textRecord(name: string, ttl: number, text: string): DnsRecord {
  const bytes = Buffer.from(text);
  const strings = Array.from({ length: Math.max(1, Math.ceil(bytes.length / 255)) }, (_, at) =>
    bytes.subarray(at * 255, (at + 1) * 255),
  );
  // dns2's encoder takes buffers too, which its types do not say.
  return { name, type: TYPE.TXT, class: CLASS_IN, ttl, data: strings as unknown as string[] };
}

/** The SOA of a zone of ours; its minimum is how long a "no" may be remembered [RFC 2308 §4]. */
export function soaRecord(zone: string, primary: string, serial: number, ttl: number): DnsRecord {
  return {
    name: zone,
    type: TYPE.SOA,
    class: CLASS_IN,
    ttl,
    primary,
    admin: `hostmaster.${primary}`,
    serial: serial >>> 0,
    refresh: 60,
    retry: 10,
    expiration: 86_400,
    minimum: ttl,
  };
}
