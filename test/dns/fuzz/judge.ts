import { Packet } from 'dns2';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import { type Input, wordsOf } from './input.ts';

const HEADER_SIZE = 12;
const LARGEST = { udp: 1_232, tcp: 65_535 };
const RCODES = new Set([0, 1, 2, 3, 4, 5]);

/** What is wrong with a reply; null: nothing. `deep`: dns2 decodes it too. */
export function judge(input: Input, reply: Buffer | null, deep: boolean): string | null {
  const { query, transport } = input;
  const isDue = query.length >= HEADER_SIZE && (query.readUInt8(2) & 0x80) === 0;
  if (!reply || !isDue) return (reply !== null) === isDue ? null : 'a reply where none is due, or none where one is';
  if (reply.length < HEADER_SIZE || reply.length > LARGEST[transport]) return `a reply of ${reply.length} bytes`;
  const [asked, flags] = [query.readUInt16BE(2), reply.readUInt16BE(2)];
  if (reply.readUInt16BE(0) !== query.readUInt16BE(0)) return 'another id';
  if ((flags & 0x8000) === 0) return 'QR is not set';
  if ((flags & 0x7910) !== (asked & 0x7910)) return 'opcode, RD or CD is not the one of the query';
  if ((flags & 0x0040) !== 0) return 'Z is set';
  const isQuery = (asked & 0x7800) === 0;
  if (((flags & 0x0080) !== 0) !== isQuery) return 'RA where it means nothing, or none where it does';
  const rcode = flags & 0xf;
  if (!isQuery && rcode !== 4) return `rcode ${rcode} for another opcode`;
  const whole = structureOf(reply);
  if (!whole || structureOf(reply.subarray(0, -1))) return 'counts that are not those of what is there';
  return (
    badQuestion(query, reply) ??
    badCode(reply, rcode, whole.opts, wordsOf(input).flags & 0xf) ??
    (deep ? unreadable(reply) : null)
  );
}

function badQuestion(query: Buffer, reply: Buffer): string | null {
  if (reply.readUInt16BE(4) === 0) return reply.readUInt16BE(6) === 0 ? null : 'answers without a question';
  const end = structureOf(reply)?.question?.end ?? 0;
  if (end === 0) return 'more than one question';
  return reply.subarray(HEADER_SIZE, end).equals(query.subarray(HEADER_SIZE, end)) ? null : 'another question';
}

/** Failures of an upstream are passed on. */
function badCode(reply: Buffer, rcode: number, opts: number, upstreams: number): string | null {
  const flags = reply.readUInt16BE(2);
  if (opts > 1) return 'more than one OPT record';
  if (rcode !== 0 && rcode === upstreams) return null;
  const isExtended = opts === 1 && (rcode === 0 || rcode === 7);
  if (!RCODES.has(rcode) && !isExtended) return `rcode ${rcode}`;
  const records = reply.readUInt16BE(6) + reply.readUInt16BE(8);
  if (rcode !== 0 && rcode !== 3 && records > 0) return `records beside rcode ${rcode}`;
  return rcode !== 0 && rcode !== 3 && (flags & 0x0400) !== 0 ? `AA beside rcode ${rcode}` : null;
}

function unreadable(reply: Buffer): string | null {
  const { errors } = Packet.parse(reply);
  return errors.length > 0 ? `dns2 cannot read it: ${errors[0]?.message}` : null;
}

/** The difference between the replies of both paths; null: none. The order of addresses may differ. */
export function difference(hot: Buffer, general: Buffer | null): string | null {
  if (!general) return 'the hot path answers where the general one is silent';
  const [one, other] = [normalised(hot), normalised(general)];
  return one === other ? null : `the hot path says ${one}, the general one ${other}`;
}

/**
 * The reply without the order of answers and the compression of names (an SOA that points into the question has its case). A
 * single address is replaced by a mark.
 */
function normalised(reply: Buffer): string {
  const { header, questions, answers, authorities, additionals } = Packet.parse(reply);
  const isSingle = answers.length === 1;
  const plain = answers.map((record) => JSON.stringify(isSingle ? { ...record, address: '' } : record)).sort();
  return JSON.stringify({ header, questions, plain, additionals }) + JSON.stringify(authorities).toLowerCase();
}
