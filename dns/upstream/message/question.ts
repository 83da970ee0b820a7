import { HEADER_SIZE, TYPE } from '../../wire/codes.ts';
import { lowerAscii, recordsOf } from './records.ts';

/** A question, without the asker. */
export interface Question {
  /** The question section as received. */
  readonly section: Buffer;
  /** The name in wire form, lower case. */
  readonly name: string;
  readonly type: number;
  /** RD: recursion desired. */
  readonly recursion: boolean;
  /** AD: the asker understands the AD bit of the reply [RFC 6840 §5.7]. */
  readonly authentic: boolean;
  /** CD: do not check signatures [RFC 4035 §3.2.2]. */
  readonly checkingDisabled: boolean;
  /** DO: send signatures [RFC 3225 §3]. */
  readonly dnssecOk: boolean;
  /** Questions with equal keys have the same answer: name, type, class, CD, DO. */
  readonly key: string;
}

const FLAG = { recursion: 0x0100, authentic: 0x0020, checkingDisabled: 0x0010 };

/** The question of a query that `readQuery` accepted; `questionEnd` is the offset after the question. */
export function questionOf(message: Buffer, questionEnd: number): Question {
  const flags = message.readUInt16BE(2);
  const section = message.subarray(HEADER_SIZE, questionEnd);
  const name = lowerAscii(section.toString('latin1', 0, section.length - 4));
  const type = section.readUInt16BE(section.length - 4);
  const dnssecOk = isDnssecOk(message, questionEnd);
  const asked = {
    recursion: (flags & FLAG.recursion) !== 0,
    authentic: (flags & FLAG.authentic) !== 0,
    checkingDisabled: (flags & FLAG.checkingDisabled) !== 0,
    dnssecOk,
  };
  const bits = (asked.checkingDisabled ? 1 : 0) | (dnssecOk ? 2 : 0);
  const key = `${bits} ${type} ${section.readUInt16BE(section.length - 2)} ${name}`;
  return { section, name, type, ...asked, key };
}

function isDnssecOk(message: Buffer, questionEnd: number): boolean {
  if (message.length === questionEnd) return false;
  const opt = recordsOf(message).find(({ type }) => type === TYPE.OPT);
  return opt !== undefined && (message.readUInt8(opt.fields + 6) & 0x80) !== 0;
}

export interface OutgoingForm {
  readonly id: number;
  /** Random bits, one for each letter; null: lower case. */
  readonly caseBits: Buffer | null;
  readonly edns: boolean;
}

/** The EDNS payload size we announce [RFC 9715 §3.1]. */
const OWN_PAYLOAD_SIZE = 1232;
const OPT_SIZE = 11;

/**
 * Our own query for a question. Only the question, RD, CD and DO are the asker's; id, letter case and OPT record are ours
 * [RFC 6891 §6.1.1]. AD is always requested, and passed on to askers that requested it.
 */
export function encodeOutgoing(question: Question, { id, caseBits, edns }: OutgoingForm): Buffer {
  const end = HEADER_SIZE + question.section.length;
  const message = Buffer.alloc(edns ? end + OPT_SIZE : end);
  message.writeUInt16BE(id, 0);
  const asked = (question.recursion ? FLAG.recursion : 0) | (question.checkingDisabled ? FLAG.checkingDisabled : 0);
  message.writeUInt16BE(asked | (edns ? FLAG.authentic : 0), 2);
  message.writeUInt16BE(1, 4);
  message.write(question.name, HEADER_SIZE, 'latin1');
  question.section.copy(message, end - 4, question.section.length - 4);
  if (caseBits) mixCase(message, end - 4, caseBits);
  if (!edns) return message;
  message.writeUInt16BE(1, 10);
  message.writeUInt16BE(TYPE.OPT, end + 1);
  message.writeUInt16BE(OWN_PAYLOAD_SIZE, end + 3);
  if (question.dnssecOk) message.writeUInt8(0x80, end + 7);
  return message;
}

/** The most random bytes that `mixCase` needs. */
export const CASE_BYTES = 32;

/** DNS 0x20: an attacker also has to guess the case of every letter. */
function mixCase(message: Buffer, nameEnd: number, bits: Buffer): void {
  for (let at = HEADER_SIZE; at < nameEnd; at += 1) {
    const byte = message.readUInt8(at);
    const bit = at - HEADER_SIZE;
    const isUpper = ((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    // Length bytes are below 64, so they are not letters.
    if (isUpper && byte >= 0x61 && byte <= 0x7a) message.writeUInt8(byte & 0xdf, at);
  }
}
