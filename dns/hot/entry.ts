import type { OwnResolution } from '../answer/render.ts';
import { scheduleOf } from '../answer/schedule.ts';
import { findSoaSerial, skipRecord } from './reply-shape.ts';

/** A reply as the general path encoded it, cut into what stays and what goes round. */
export interface Entry {
  /** Bytes 2 and 3 of the header, for a query without RD and CD. */
  readonly flags: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** What follows the question and stays in place: an alias chain, or all there is. */
  readonly fixed: Uint8Array;
  /** Where in `fixed` the serial of an SOA stands, which is the one thing that changes with the revision; -1: nowhere. */
  readonly serialAt: number;
  /** Behind it records of equal size, of which each answer begins with another one; may be empty. */
  readonly records: Uint8Array;
  readonly recordSize: number;
  /** Only the one whose turn it is is given. */
  readonly one: boolean;
  /** Who begins, round and round: indexes of the records. Null: one after the other. */
  readonly schedule: readonly number[] | null;
  /** What the records are taken in turns of; '' where there is nothing to take. */
  readonly turn: string;
}

/** More records than this never fit a reply over UDP. */
const MAX_RECORDS = 4_095;

/** `reply` is the complete one, in stable order, to a plain query. Null: not of a form that can be given from here. */
export function entryOf(reply: Buffer, questionEnd: number, resolution: OwnResolution): Entry | null {
  const answers = reply.readUInt16BE(6);
  const header = {
    flags: reply.readUInt16BE(2),
    answers,
    authorities: reply.readUInt16BE(8),
    additionals: reply.readUInt16BE(10),
  };
  const whole = reply.subarray(questionEnd);
  const fixed = { fixed: whole, serialAt: -1, records: EMPTY, recordSize: 0, one: false, schedule: null, turn: '' };
  switch (resolution.kind) {
    case 'addresses': {
      const count = resolution.addresses.length;
      if (count < 2) return { ...header, ...fixed };
      const start = recordsAt(reply, questionEnd, answers - count);
      const size = (reply.length - start) / count;
      if (!areAlike(reply.subarray(start), size, resolution.addresses) || count > MAX_RECORDS) return null;
      const { give, weights, turn } = resolution;
      return {
        ...header,
        ...fixed,
        answers: give === 'one' ? answers - count + 1 : answers,
        fixed: reply.subarray(questionEnd, start),
        records: reply.subarray(start),
        recordSize: size,
        one: give === 'one',
        schedule: scheduleOf(weights),
        turn,
      };
    }
    case 'services':
      return resolution.services.length < 2 ? { ...header, ...fixed } : null;
    case 'soa':
    case 'nodata':
    case 'nxdomain':
      return { ...header, ...fixed, serialAt: findSoaSerial(reply, questionEnd) - questionEnd };
    default:
      return { ...header, ...fixed };
  }
}

const EMPTY = new Uint8Array(0);

function recordsAt(reply: Buffer, questionEnd: number, before: number): number {
  let at = questionEnd;
  for (let n = 0; n < before; n += 1) at = skipRecord(reply, at);
  return at;
}

/** The same but for the address at the end, so that any may stand in any place. */
function areAlike(records: Buffer, size: number, addresses: readonly string[]): boolean {
  const data = addresses[0]?.includes(':') ? 16 : 4;
  if (size !== data + OWNER_POINTER_SIZE + FIXED_PART_SIZE) return false;
  const head = records.subarray(0, size - data);
  return addresses.every((_, n) => records.subarray(n * size, n * size + head.length).equals(head));
}

const OWNER_POINTER_SIZE = 2;
const FIXED_PART_SIZE = 10;
