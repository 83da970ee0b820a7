import type { OwnResolution } from '../answer/render.ts';
import { scheduleOf } from '../answer/schedule.ts';
import { findSoaSerial, skipRecord } from './reply-shape.ts';

/** A reply as the general path encoded it, cut into the part that stays and the records that take turns. */
export interface StoredReply {
  /** Bytes 2 and 3 of the header, for a query without RD and CD. */
  readonly flags: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** What follows the question and stays in place: an alias chain, or everything. */
  readonly fixed: Uint8Array;
  /** The offset in `fixed` of the serial of an SOA record, which changes with the revision; -1: there is none. */
  readonly serialAt: number;
  /** Records of equal size that follow. Each reply begins with another one. May be empty. */
  readonly records: Uint8Array;
  readonly recordSize: number;
  /** A reply has one of the records only. */
  readonly one: boolean;
  /** Indexes of the records that come first, in order and over again. Null: one record after the other. */
  readonly schedule: readonly number[] | null;
  /** Name of the counter that the records take turns by; '' without records. */
  readonly turn: string;
}

const NO_BYTES = new Uint8Array(0);
const NO_RECORDS = { records: NO_BYTES, recordSize: 0, one: false, schedule: null, turn: '' };

/** `reply` is complete and in stable order, the reply to a plain query. Null: only the general path can give this answer. */
export function storedReplyOf(reply: Buffer, questionEnd: number, resolution: OwnResolution): StoredReply | null {
  const whole = {
    flags: reply.readUInt16BE(2),
    answers: reply.readUInt16BE(6),
    authorities: reply.readUInt16BE(8),
    additionals: reply.readUInt16BE(10),
    fixed: reply.subarray(questionEnd),
    serialAt: -1,
    ...NO_RECORDS,
  };
  switch (resolution.kind) {
    case 'addresses':
      return resolution.addresses.length < 2 ? whole : cutAddresses(reply, questionEnd, resolution, whole);
    case 'services':
      return resolution.services.length < 2 ? whole : null;
    case 'soa':
    case 'nodata':
    case 'nxdomain':
      return { ...whole, serialAt: findSoaSerial(reply, questionEnd) - questionEnd };
    default:
      return whole;
  }
}

function cutAddresses(
  reply: Buffer,
  questionEnd: number,
  { addresses, give, weights, turn }: OwnResolution & { kind: 'addresses' },
  whole: StoredReply,
): StoredReply | null {
  const count = addresses.length;
  const start = recordsAt(reply, questionEnd, whole.answers - count);
  const recordSize = (reply.length - start) / count;
  if (!areAlike(reply.subarray(start), recordSize, addresses)) return null;
  const one = give === 'one';
  return {
    ...whole,
    answers: one ? whole.answers - count + 1 : whole.answers,
    fixed: reply.subarray(questionEnd, start),
    records: reply.subarray(start),
    recordSize,
    one,
    schedule: scheduleOf(weights),
    turn,
  };
}

/** The offset behind the first `before` records. */
function recordsAt(reply: Buffer, questionEnd: number, before: number): number {
  let at = questionEnd;
  for (let n = 0; n < before; n += 1) at = skipRecord(reply, at);
  return at;
}

const OWNER_POINTER_SIZE = 2;
const FIXED_PART_SIZE = 10;

/** Whether the records differ only in the address at their end, so that they can change places. */
function areAlike(records: Buffer, size: number, addresses: readonly string[]): boolean {
  const data = addresses[0]?.includes(':') ? 16 : 4;
  if (size !== data + OWNER_POINTER_SIZE + FIXED_PART_SIZE) return false;
  const head = records.subarray(0, size - data);
  return addresses.every((_, n) => records.subarray(n * size, n * size + head.length).equals(head));
}
