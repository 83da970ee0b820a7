/**
 * A scripted DNS server for external names: names that it does not know get NXDOMAIN. UDP only. Runs as a separate process on a
 * test host.
 *   node upstream.ts ADDRESS PORT NAME=ADDRESS[,ADDRESS] ...
 */
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

const [address = '', port = '', ...script] = process.argv.slice(2);
const known = new Map(
  script.map((entry) => {
    const [name = '', addresses = ''] = entry.split('=');
    return [name, addresses.split(',')] as const;
  }),
);
const HEADER_SIZE = 12;
const RCODE_NXDOMAIN = 3;
const TYPE = { A: 1, SOA: 6, AAAA: 28 };
const CLASS_IN = 1;
/** A pointer to the name of the question. */
const QUESTION_NAME = [0xc0, HEADER_SIZE];

interface Question {
  readonly name: string;
  readonly type: number;
  readonly end: number;
}

function questionOf(query: Buffer): Question {
  const labels: string[] = [];
  let at = HEADER_SIZE;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function record(owner: readonly number[], type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(CLASS_IN, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([Buffer.from(owner), head, data]);
}

function addressBytes(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number));
  const [left = '', right = ''] = text.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - groups(left).length - groups(right).length }, () => '0');
  return Buffer.from(
    [...groups(left), ...zeros, ...groups(right)].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  );
}

/** The SOA of the root, for negative answers [RFC 2308 §2.2]. */
const SOA = record([0], TYPE.SOA, Buffer.concat([Buffer.alloc(2), Buffer.alloc(16), Buffer.from([0, 0, 0, 60])]));

function replyTo(query: Buffer): Buffer {
  const { name, type, end } = questionOf(query);
  const addresses = known.get(name);
  const family = type === TYPE.A ? 4 : type === TYPE.AAAA ? 6 : 0;
  const answers = (addresses ?? [])
    .filter((text) => isIP(text) === family)
    .map((text) => record(QUESTION_NAME, type, addressBytes(text)));
  const header = Buffer.from(query.subarray(0, HEADER_SIZE));
  header.writeUInt16BE(0x8180 | (addresses ? 0 : RCODE_NXDOMAIN), 2);
  for (const [at, count] of [1, answers.length, answers.length > 0 ? 0 : 1, 0].entries())
    header.writeUInt16BE(count, 4 + at * 2);
  return Buffer.concat([header, query.subarray(HEADER_SIZE, end), ...(answers.length > 0 ? answers : [SOA])]);
}

const socket = createSocket('udp4');
socket.on('message', (query, from) => socket.send(replyTo(query), from.port, from.address));
socket.bind(Number(port), address, () => console.log('ready'));
