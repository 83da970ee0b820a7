import { HEADER_SIZE, RCODE, TYPE } from '../../wire/codes.ts';
import type { Question } from '../message/question.ts';
import { wireName } from '../message/records.ts';
import { type LocalMeaning, localhostData } from './local-names.ts';

const HOLD_SECONDS = 3_600;

/** The reply for a name that is answered locally, in the form of a kept reply. */
export function localReply(question: Question, { kind, zone }: LocalMeaning): Buffer {
  const data = kind === 'localhost' ? localhostData(question.name, question.type) : null;
  if (data)
    return replyWith(question, RCODE.NOERROR, { section: 'answer', records: [record(null, question.type, data)] });
  const authority = { section: 'authority', records: [record(zone, TYPE.SOA, SOA)] } as const;
  return replyWith(question, kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR, authority);
}

/** A reply without records: for failures and for loop probes. */
export function bareReply(question: Question, rcode: number): Buffer {
  return replyWith(question, rcode, { section: 'answer', records: [] });
}

/** The mail address says that nobody maintains these zones [RFC 6303 §3]. */
const SOA = Buffer.concat([
  Buffer.from(wireName('localhost') + wireName('nobody.invalid'), 'latin1'),
  ...[1, 3_600, 1_200, 604_800, HOLD_SECONDS].map(fourBytes),
]);

function fourBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** Null owner: the name of the question. */
function record(owner: string | null, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt32BE(HOLD_SECONDS, 4);
  fields.writeUInt16BE(data.length, 8);
  const name = owner === null ? Buffer.from([0xc0, HEADER_SIZE]) : Buffer.from(owner, 'latin1');
  return Buffer.concat([name, fields, data]);
}

interface Content {
  readonly section: 'answer' | 'authority';
  readonly records: readonly Buffer[];
}

function replyWith({ section }: Question, rcode: number, { section: where, records }: Content): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt16BE(0x8080 | rcode, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, where === 'answer' ? 6 : 8);
  return Buffer.concat([header, section, ...records]);
}
