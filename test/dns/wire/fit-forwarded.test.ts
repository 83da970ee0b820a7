import { Packet } from 'dns2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Query, readQuery } from '../../../dns/wire/read/query.ts';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import type { Fit } from '../../../dns/wire/write/encode.ts';
import { fitForwarded } from '../../../dns/wire/write/fit-forwarded.ts';
import { bytes, optionOf, optionsIn, optOf, type QueryParts, queryOf } from './messages.ts';

const { TYPE, RCODE } = Packet;

function asked(parts: QueryParts = {}): Query {
  const read = readQuery(queryOf({ name: 'www.example', ...parts }));
  if (read.kind !== 'query') throw new Error('the query of the test is not valid');
  return read.query;
}

function within(limitBytes: number, rest: Partial<Fit> = {}): Fit {
  return { limitBytes, transport: 'udp', options: Buffer.alloc(0), ...rest };
}

interface Upstream {
  readonly flags?: number;
  readonly answers?: readonly Buffer[];
  readonly authorities?: readonly Buffer[];
  readonly additionals?: readonly Buffer[];
}

function upstream({ flags = 0x8180, answers = [], authorities = [], additionals = [] }: Upstream): Buffer {
  const counts = [1, answers.length, authorities.length, additionals.length] as const;
  const tail = Buffer.concat([...answers, ...authorities, ...additionals]);
  const message = queryOf({ id: 0x9999, flags, name: 'wWw.eXaMpLe', counts, tail });
  expect(structureOf(message)).not.toBeNull();
  return message;
}

function record(owner: string, type: number, data: string): Buffer {
  const length = (data.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0');
  return bytes(`${owner} ${type.toString(16).padStart(4, '0')} 0001 0000003c ${length} ${data}`);
}

const QUESTION = 'c00c';
const a = (n: number, owner = QUESTION) => record(owner, TYPE.A, `0a0000${n.toString(16).padStart(2, '0')}`);
const SOA = record('c010', TYPE.SOA, `c010 c010 ${'00000001'.repeat(5)}`);
const GLUE = record('c010', TYPE.A, '0a090909');

function counts(message: Buffer): readonly number[] {
  const { header, answers, authorities, additionals, errors } = Packet.parse(message);
  expect(errors).toEqual([]);
  expect(structureOf(message.subarray(0, -1))).toBeNull();
  return [header.tc, answers.length, authorities.length, additionals.length];
}

describe('fitForwarded()', () => {
  test('a reply that fits is unchanged, with the id and letter case of the client', () => {
    const reply = upstream({ answers: [a(1), a(2)], authorities: [SOA], additionals: [GLUE] });
    const fitted = fitForwarded(asked(), reply, within(512));
    expect(counts(fitted)).toEqual([0, 2, 1, 1]);
    expect(fitted.subarray(0, asked().questionEnd).toString('latin1')).toContain('\x03www\x07example');
    expect(fitted.subarray(asked().questionEnd)).toEqual(reply.subarray(asked().questionEnd));
    expect(reply.readUInt16BE(0)).toBe(0x9999);
  });

  test.each<[string, number, QueryParts, number]>([
    ['AA is cleared', 0x8580, {}, 0x8180],
    ['RA is set', 0x8100, {}, 0x8180],
    ["RD and CD are the client's", 0x8190, { flags: 0 }, 0x8080],
    ['CD of the client', 0x8180, { flags: 0x0110 }, 0x8190],
    ['no AD for clients that did not request it', 0x81a0, {}, 0x8180],
    ['AD for clients that set AD [RFC 6840 §5.8]', 0x81a0, { flags: 0x0120 }, 0x81a0],
    ['AD for clients that set DO', 0x81a0, { opt: { dnssecOk: true } }, 0x81a0],
    ['no AD if the upstream did not set it', 0x8180, { flags: 0x0120 }, 0x8180],
    ['Z stays unset', 0x81c0, { flags: 0x0140 }, 0x8180],
    ['the rcode', 0x8183, {}, 0x8183],
    ['TC of an upstream that is not reachable over TCP', 0x8380, {}, 0x8380],
  ])('%s', (_, flags, query, expected) => {
    expect(fitForwarded(asked(query), upstream({ flags }), within(512)).readUInt16BE(2)).toBe(expected);
  });

  test('EDNS is hop by hop: the upstream’s OPT record is removed, ours is added for clients that use EDNS', () => {
    const theirs = optOf({ payloadSize: 4096, options: optionOf(15, Buffer.alloc(2)) });
    const reply = upstream({ answers: [a(1)], additionals: [GLUE, theirs, record('c010', TYPE.A, '01010101')] });
    expect(counts(fitForwarded(asked(), reply, within(512)))).toEqual([0, 1, 0, 1]);
    const options = optionOf(10, Buffer.alloc(24, 1));
    const fitted = fitForwarded(asked({ opt: { dnssecOk: true } }), reply, within(512, { options }));
    expect(counts(fitted)).toEqual([0, 1, 0, 2]);
    expect(Packet.parse(fitted).additionals.at(-1)).toMatchObject({ class: 1232, doFlag: true });
    expect([...optionsIn(fitted).keys()]).toEqual([10]);
  });

  test('a reply that is too large loses additional, then authority, then records; only the last sets TC', () => {
    const answers = [record(QUESTION, TYPE.CNAME, '01 61 c010'), ...[1, 2, 3, 4].map((n) => a(n, 'c029'))];
    const reply = upstream({ answers, authorities: [SOA], additionals: [GLUE] });
    const at = (limit: number) => counts(fitForwarded(asked(), reply, within(limit)));
    const [glue, soa, set] = [GLUE.length, SOA.length, 16 * 4];
    expect(at(reply.length)).toEqual([0, 5, 1, 1]);
    expect(at(reply.length - 1)).toEqual([0, 5, 1, 0]);
    expect(at(reply.length - glue)).toEqual([0, 5, 1, 0]);
    expect(at(reply.length - glue - 1)).toEqual([0, 5, 0, 0]);
    expect(at(reply.length - glue - soa - 1)).toEqual([1, 4, 0, 0]);
    expect(at(reply.length - glue - soa - 16)).toEqual([1, 4, 0, 0]);
    expect(at(reply.length - glue - soa - 17)).toEqual([1, 3, 0, 0]);
    expect(at(reply.length - glue - soa - set)).toEqual([1, 1, 0, 0]);
    expect(at(reply.length - glue - soa - set - 1)).toEqual([1, 0, 0, 0]);
  });

  test('a refusal without the question gets the question back', () => {
    const bare = bytes('9999 8185 0000 0000 0000 0000');
    const fitted = fitForwarded(asked({ opt: {} }), bare, within(512));
    const { header, questions, additionals } = Packet.parse(fitted);
    expect([header.id, header.rcode, questions[0]?.name, additionals.length]).toEqual([
      0x1234,
      RCODE.REFUSED,
      'www.example',
      1,
    ]);
  });

  test('only the code of a failure is passed on; a broken reply becomes SERVFAIL', () => {
    const failed = upstream({ flags: 0x8182, answers: [a(1)], authorities: [SOA] });
    expect(counts(fitForwarded(asked(), failed, within(512)))).toEqual([0, 0, 0, 0]);
    const broken = upstream({ answers: [a(1)] });
    broken.writeUInt16BE(5, broken.length - 6);
    expect(Packet.parse(fitForwarded(asked(), broken, within(512))).header.rcode).toBe(RCODE.SERVFAIL);
  });

  test('any well-formed reply and any limit: well-formed, within the limit, correct TC', () => {
    const any = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 250 }).map((n) => a(n)),
        fc.constant(SOA),
        fc.constant(GLUE),
        fc.constant(optOf()),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(
        any,
        any,
        any,
        fc.integer({ min: 60, max: 600 }),
        fc.boolean(),
        (answers, authorities, additionals, limit, edns) => {
          const query = asked(edns ? { opt: {} } : {});
          const fitted = fitForwarded(query, upstream({ answers, authorities, additionals }), within(limit));
          expect(fitted.length).toBeLessThanOrEqual(limit);
          const [tc = 0, given = 0, , further = 0] = counts(fitted);
          expect(tc).toBe(given < answers.length ? 1 : 0);
          expect(Packet.parse(fitted).additionals.filter(({ type }) => type === TYPE.EDNS)).toHaveLength(edns ? 1 : 0);
          expect(further).toBeLessThanOrEqual(additionals.length + 1);
        },
      ),
      { numRuns: 300 },
    );
  });
});
