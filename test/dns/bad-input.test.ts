import { describe, expect, test } from 'vitest';
import { copyRecords } from '../../dns/wire/read/copied-record.ts';
import { readQuery } from '../../dns/wire/read/query.ts';
import { structureOf } from '../../dns/wire/read/structure.ts';
import { fitForwarded } from '../../dns/wire/write/fit-forwarded.ts';
import { createSubject } from './fuzz/subject.ts';
import { LARGE } from './fuzz/worlds.ts';
import { bytes, optionOf, optOf, queryOf } from './wire/messages.ts';

/** The most that one packet may cost on an idle machine: a hundred plain queries. */
const LIMIT_MS = 1;
const PLAIN_QUERIES = 100;
const FROM = '10.42.1.5';
const MAX = 65_535;

/** A query followed by as many copies of a record as fit, with the right count in the header. */
function filled(query: Buffer, record: Buffer, section: 4 | 6 | 8 | 10, size: number, counted = true): Buffer {
  const copies = Math.floor((size - query.length) / record.length);
  const message = Buffer.concat([query, ...new Array<Buffer>(copies).fill(record)]);
  if (counted) message.writeUInt16BE(Math.min(0xffff, copies + query.readUInt16BE(section)), section);
  return message;
}

/** A query with 60 pointers, each to the previous one, the first to a name of 127 labels. */
function chained(): Buffer {
  const name = Array.from({ length: 126 }, () => 'a').join('.');
  const query = queryOf({ name });
  const pointers = Array.from({ length: 60 }, (_, n) => {
    const pointer = Buffer.alloc(12);
    pointer.writeUInt16BE(0xc000 | (n === 0 ? 12 : query.length + (n - 1) * 12), 0);
    pointer.writeUInt16BE(16, 2);
    return pointer;
  });
  const message = Buffer.concat([query, ...pointers]);
  message.writeUInt16BE(60, 6);
  return message;
}

const RECORD = bytes('c00c 0001 0001 00000000 0000');
const LONG = [63, 63, 63, 61].map((size, n) => String.fromCharCode(97 + n).repeat(size)).join('.');

/** The most expensive input of each kind: as large as a datagram, and as large as an accepted query. */
function worst(size: number): readonly (readonly [string, Buffer])[] {
  const options = (data: number) =>
    optOf({
      options: Buffer.concat(
        new Array<Buffer>(Math.floor((size - 60) / (4 + data))).fill(optionOf(65_001, Buffer.alloc(data))),
      ),
    });
  const withOpt = (opt: Buffer) => queryOf({ counts: [1, 0, 0, 1], tail: opt });
  return [
    ['options without data', withOpt(options(0))],
    ['options with a byte', withOpt(options(1))],
    [
      'cookies',
      withOpt(
        optOf({
          options: Buffer.concat(new Array<Buffer>(Math.floor((size - 60) / 12)).fill(optionOf(10, Buffer.alloc(8)))),
        }),
      ),
    ],
    ['records that point to the question', filled(queryOf(), RECORD, 6, size)],
    [
      'records through chains of pointers',
      filled(
        chained(),
        bytes(`c${(chained().length - 12).toString(16).padStart(3, '0')} 0001 0001 00000000 0000`),
        10,
        size,
      ),
    ],
    ['records of the root', filled(queryOf(), bytes('00 0010 0001 00000000 0000'), 8, size)],
    [
      'records with the longest names',
      filled(queryOf({ name: LONG }), queryOf({ name: LONG, tail: Buffer.alloc(6) }).subarray(12), 10, size),
    ],
    ['questions', filled(queryOf(), bytes('c00c 0001 0001'), 4, size)],
    ['OPT records', filled(queryOf(), optOf(), 10, size)],
    [
      '65,535 records that are not there',
      queryOf({ counts: [1, 0xffff, 0xffff, 0xffff], tail: Buffer.alloc(size - 60) }),
    ],
    ['labels of one byte', queryOf({ name: 'a.'.repeat((size - 20) / 2) })],
    ['zeros', queryOf({ tail: Buffer.alloc(size - 60) })],
    ['pointers', Buffer.concat([queryOf({ counts: [1, 1, 0, 0] }), Buffer.alloc(size - 60, 0xc0)])],
    [
      'noise',
      Buffer.concat([
        queryOf({ counts: [1, 2, 3, 4] }),
        Buffer.from(Array.from({ length: size - 60 }, (_, n) => (n * n * 31) & 0xff)),
      ]),
    ],
    ['an unknown name of 255 bytes', queryOf({ name: `${LONG.slice(0, 200)}.rancher.internal` })],
    ['an unknown name of 100 labels', queryOf({ name: `${'a.'.repeat(100)}rancher.internal` })],
    ['dots and backslashes in labels', queryOf({ name: LONG.replaceAll(/[ac]/g, '\\').replaceAll('b', '\x00') })],
    ['a reverse name', queryOf({ name: `${'f.'.repeat(32)}ip6.arpa`, type: 12 })],
    ['ANY for the largest service', queryOf({ name: 'thousands.big', type: 255, opt: { payloadSize: 0xffff } })],
    ['A of a service of 5,000', queryOf({ name: 'thousands.big', opt: { payloadSize: 0xffff } })],
    ['AAAA of a service of 5,000', queryOf({ name: 'thousands.big', type: 28 })],
  ];
}

interface Cost {
  readonly what: string;
  readonly ms: number;
}

const subject = createSubject(LARGE);

/** The fastest of several runs, so that other programs do not count. Cheap inputs need few runs. */
async function costOf(what: string, send: () => unknown, limitMs = LIMIT_MS): Promise<Cost> {
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10 || (ms > limitMs && round < 60); round += 1) {
    const start = performance.now();
    await send();
    ms = Math.min(ms, performance.now() - start);
  }
  return { what, ms };
}

/** The inputs that cost too much, relative to a plain query now. */
async function tooDear(costs: readonly Cost[], times = 10): Promise<readonly string[]> {
  const control = await costOf('a plain query', () => subject.general(queryOf(), FROM, 'udp'));
  const limitMs = times * Math.max(LIMIT_MS, PLAIN_QUERIES * control.ms);
  const worstOf = costs.reduce((a, b) => (b.ms > a.ms ? b : a));
  console.info(`${control.what} ${control.ms.toFixed(3)} ms, ${worstOf.what} ${worstOf.ms.toFixed(3)} ms`);
  return costs.filter(({ ms }) => ms > limitMs).map(({ what, ms }) => `${what}: ${ms.toFixed(2)} ms`);
}

describe('no packet costs more than a millisecond', () => {
  test.each([MAX, 4_096])('of %i bytes, over UDP and TCP, on either path', async (size) => {
    const costs: Cost[] = [];
    for (const [what, packet] of worst(size)) {
      expect(packet.length, what).toBeLessThanOrEqual(Math.max(size, 400));
      costs.push(await costOf(`${what} (UDP)`, () => subject.general(packet, FROM, 'udp')));
      costs.push(await costOf(`${what} (hot)`, () => subject.hot(packet, FROM)));
      costs.push(await costOf(`${what} (TCP)`, () => subject.general(packet, FROM, 'tcp')));
    }
    expect(await tooDear(costs)).toEqual([]);
  });

  /** A reply of 64 kB, which only TCP carries. It is read, copied and fitted: each of these steps has the limit of a query. */
  test.each(['answer', 'authority', 'additional'] as const)(
    'from an upstream: expensive records in section %s, for an external name and behind an alias of ours',
    async (section) => {
      const costs: Cost[] = [];
      for (const { what, count, records } of worstRecords()) {
        const counts = SECTIONS.map((name) => (name === section ? count : 0)) as [number, number, number];
        subject.say(0x8180, counts, records);
        for (const name of ['www.example.org', 'host.ext']) {
          const send = (transport: 'udp' | 'tcp') => () => subject.general(queryOf({ name }), FROM, transport);
          costs.push(
            await costOf(`${what} (UDP, ${name})`, send('udp'), 10 * LIMIT_MS),
            await costOf(`${what} (TCP, ${name})`, send('tcp'), 10 * LIMIT_MS),
          );
        }
      }
      expect(await tooDear(costs, 3 * 10)).toEqual([]);
    },
  );

  test.each(worstRecords())('from an upstream: $what, in each step of the wire', async ({ count, records }) => {
    const query = queryOf({ name: 'www.example.org' });
    const reply = Buffer.concat([query, records]);
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(count, 6);
    const read = readQuery(query);
    if (read.kind !== 'query') throw new Error('not a query');
    const within = (limitBytes: number) =>
      ({ limitBytes, transport: 'udp', options: Buffer.alloc(0), random: Math.random }) as const;
    const costs = [
      await costOf('structureOf()', () => structureOf(reply)),
      await costOf('copyRecords()', () => copyRecords(reply)),
      await costOf('fitForwarded(), all of it', () => fitForwarded(read.query, reply, within(65_535))),
      await costOf('fitForwarded(), cut', () => fitForwarded(read.query, reply, within(1_232))),
    ];
    expect(structureOf(reply)).not.toBeNull();
    expect(await tooDear(costs)).toEqual([]);
  });
});

const SECTIONS = ['answer', 'authority', 'additional'] as const;

function worstRecords() {
  const kinds = {
    addresses: 'c00c000100010000003c00040a000001',
    'records without data': 'c00c001000010000003c0000',
    aliases: 'c00c000500010000003c0002c00c',
    'records in names of their own': '0161c00c001000010000003c0000',
  };
  return Object.entries(kinds).map(([what, record]) => {
    const count = Math.floor((65_000 * 2) / record.length);
    return { what, count, records: Buffer.concat(new Array<Buffer>(count).fill(bytes(record))) };
  });
}
