import { HEADER_SIZE, RCODE, TYPE } from '../codes.ts';
import type { ClientEdns } from '../read/client-edns.ts';
import type { CopiedRecord, WireName } from '../read/copied-record.ts';
import type { Query, ReadResult } from '../read/query.ts';
import { ByteWriter } from './byte-writer.ts';
import type { DnsRecord } from './record.ts';
import { ownerOffset, seedNames, writeRecord } from './write-record.ts';

export * from './record.ts';

export interface Reply {
  readonly rcode: number;
  /** AA. */
  readonly authoritative: boolean;
  readonly answers: readonly (DnsRecord | CopiedRecord)[];
  readonly authorities: readonly (DnsRecord | CopiedRecord)[];
  /** Left out if there is no room, without TC [RFC 2181 §9]. */
  readonly additionals?: readonly DnsRecord[];
}

/** The form in which the client accepts a reply. */
export interface Fit {
  readonly limitBytes: number;
  readonly transport: 'udp' | 'tcp';
  /** Encoded options for the OPT record; used only if the client uses EDNS. */
  readonly options: Buffer;
}

/** The EDNS payload size we announce [RFC 9715 §3.1]. */
const OWN_PAYLOAD_SIZE = 1232;
const OPT_SIZE = 11;
export const FLAG_AA = 0x0400;
export const FLAG_TC = 0x0200;
const FLAGS_QR_RA = 0x8080;
/** Opcode, RD, CD. */
const KEPT_FLAGS = 0x7910;
const NO_OPTIONS = Buffer.alloc(0);

/**
 * The reply to a query. The question is repeated byte for byte, with the client's letter case. If the answer does not fit, the reply has
 * as many records as do, in order, and over UDP TC tells the client to retry over TCP [RFC 2181 §9].
 */
export function encodeReply(query: Query, reply: Reply, fit: Fit): Buffer {
  const writer = new ByteWriter(query.bytes.subarray(0, query.questionEnd));
  seedNames(writer, query.name);
  const limit = fit.limitBytes - optSize(query, fit);
  const answers = writeRecords(writer, reply.answers, limit);
  const complete = answers === reply.answers.length || fit.transport === 'tcp';
  const authorities = complete ? writeSets(writer, reply.authorities, limit) : 0;
  const additionals = complete ? writeSets(writer, reply.additionals ?? [], limit) : 0;
  if (query.edns) writeOpt(writer, query.edns, { extendedRcode: reply.rcode >> 4, options: fit.options });
  const bytes = writer.toBuffer();
  const flags = (reply.authoritative ? FLAG_AA : 0) | (complete ? 0 : FLAG_TC);
  writeHeader(bytes, flags | (reply.rcode & 0xf), [1, answers, authorities, additionals + (query.edns ? 1 : 0)]);
  return bytes;
}

/** Size of the OPT record of the reply. */
export function optSize({ edns }: Query, { options }: Fit): number {
  return edns ? OPT_SIZE + options.length : 0;
}

/** A reply without records, for any message that has a header. */
export function encodeRefusal(
  bytes: Buffer,
  { rcode, questionEnd, edns }: Omit<ReadResult & { kind: 'refuse' }, 'kind'>,
  options: Buffer = NO_OPTIONS,
): Buffer {
  const writer = new ByteWriter(bytes.subarray(0, questionEnd));
  if (edns) writeOpt(writer, edns, { extendedRcode: rcode >> 4, options });
  const reply = writer.toBuffer();
  writeHeader(reply, rcode & 0xf, [questionEnd > HEADER_SIZE ? 1 : 0, 0, 0, edns ? 1 : 0]);
  return reply;
}

/** SERVFAIL: an error here or upstream. */
export function encodeServerFailure({ bytes, questionEnd, edns }: Query, options: Buffer = NO_OPTIONS): Buffer {
  return encodeRefusal(bytes, { rcode: RCODE.SERVFAIL, questionEnd, edns }, options);
}

/** Keeps id, opcode, RD and CD of the query; sets QR, and RA for standard queries. */
export function writeHeader(bytes: Buffer, flags: number, counts: readonly [number, number, number, number]): void {
  const kept = bytes.readUInt16BE(2) & KEPT_FLAGS;
  const isQuery = (kept & 0x7800) === 0;
  bytes.writeUInt16BE(kept | (isQuery ? FLAGS_QR_RA : 0x8000) | flags, 2);
  counts.forEach((count, at) => {
    bytes.writeUInt16BE(count, 4 + at * 2);
  });
}

/** The OPT record of a reply: DO is copied [RFC 3225 §3], the version is 0. */
export function writeOpt(
  writer: ByteWriter,
  { dnssecOk }: ClientEdns,
  { extendedRcode, options }: { readonly extendedRcode: number; readonly options: Buffer },
): void {
  writer.write(0, 8);
  writer.write(TYPE.OPT, 16);
  writer.write(OWN_PAYLOAD_SIZE, 16);
  writer.write(extendedRcode, 8);
  writer.write(0, 8);
  writer.write(dnssecOk ? 0x8000 : 0, 16);
  writer.write(options.length, 16);
  writer.append(options);
}

type AnyRecord = DnsRecord | CopiedRecord;

/** Writes as many records as fit, in order. Returns their number. */
function writeRecords(writer: ByteWriter, records: readonly AnyRecord[], limit: number): number {
  for (let start = 0; start < records.length; ) {
    const end = endOfSet(records, start);
    const written = writeUntil(writer, records, start, end, limit);
    if (written < end) return written;
    start = end;
  }
  return records.length;
}

/** Writes as many whole RRsets as fit, in order. Returns the number of records. */
function writeSets(writer: ByteWriter, records: readonly AnyRecord[], limit: number): number {
  for (let start = 0; start < records.length; ) {
    const before = writer.byteLength();
    const end = endOfSet(records, start);
    if (writeUntil(writer, records, start, end, limit) < end) {
      writer.cut(before);
      return start;
    }
    start = end;
  }
  return records.length;
}

/** Writes the records of one RRset until one does not fit; returns its index. */
function writeUntil(
  writer: ByteWriter,
  records: readonly AnyRecord[],
  start: number,
  end: number,
  limit: number,
): number {
  let owner: number | null = null;
  for (let n = start; n < end; n += 1) {
    const record = records[n];
    if (!record) return n;
    const before = writer.byteLength();
    writeRecord(writer, record, owner);
    if (writer.byteLength() > limit) {
      writer.cut(before);
      return n;
    }
    owner ??= ownerOffset(writer, before);
  }
  return end;
}

/** Records of one owner and type are adjacent. */
function endOfSet(records: readonly AnyRecord[], start: number): number {
  const first = records[start];
  let end = start + 1;
  while (end < records.length && first && isSameSet(first, records[end])) end += 1;
  return end;
}

function isSameSet(a: AnyRecord, b: AnyRecord | undefined): boolean {
  if (!b || a.type !== b.type) return false;
  if ('wireName' in a) return 'wireName' in b && sameWireName(a.wireName, b.wireName);
  return !('wireName' in b) && sameName(a.name, b.name);
}

function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

function sameWireName(a: WireName, b: WireName): boolean {
  return a === b || (a.key === null || b.key === null ? a.bytes.equals(b.bytes) : a.key === b.key);
}
