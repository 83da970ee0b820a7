import { Packet } from 'dns2';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../dns/upstream/exchange/random.ts';
import { encodeOutgoing, questionOf } from '../../../dns/upstream/message/question.ts';
import { suffixesOf, wireName } from '../../../dns/upstream/message/records.ts';
import { matchOf, verdictOf } from '../../../dns/upstream/message/reply.ts';
import { asked, queryOf, replyOf } from './messages.ts';

const ALL = Buffer.alloc(32, 0xff);

describe('encodeOutgoing() sends', () => {
  test('the question in mixed case, RD, AD, and our own OPT record', () => {
    const out = encodeOutgoing(asked('www.Example.com'), { id: 77, caseBits: ALL, edns: true });
    const packet = Packet.parse(out);
    expect(packet.header).toMatchObject({ id: 77, qr: 0, rd: 1 });
    expect(packet.questions[0]).toMatchObject({ name: 'WWW.EXAMPLE.COM', type: 1, class: 1 });
    expect(out.subarray(-11).toString('hex')).toBe('00002904d0000000000000');
    expect(out.readUInt8(3) & 0x20).toBe(0x20);
  });

  test('nothing else of the asker: no cookie, no client subnet, no id, no case', () => {
    const query = new Packet();
    query.header = new Packet.Header({ id: 0x1234, rd: 1 });
    query.questions.push(new Packet.Question('WWW.example.com', 1, 1));
    query.additionals.push(Packet.Resource.EDNS([{ ednsCode: 10, data: '0102030405060708' }] as never));
    const bytes = query.toBuffer();
    const question = questionOf(bytes, 12 + 17 + 4);
    const out = encodeOutgoing(question, { id: 1, caseBits: null, edns: true });
    expect(out).toHaveLength(12 + 17 + 4 + 11);
    expect(Packet.parse(out).questions[0]?.name).toBe('www.example.com');
  });

  test.each([true, false])('DO is copied: %s', (dnssecOk) => {
    const query = Buffer.concat([queryOf('a.example'), Buffer.from(`0000291000000080000000`, 'hex')]);
    query.writeUInt16BE(1, 10);
    if (!dnssecOk) query.writeUInt8(0, query.length - 4);
    const question = questionOf(query, queryOf('a.example').length);
    expect(question.dnssecOk).toBe(dnssecOk);
    expect(encodeOutgoing(question, { id: 1, caseBits: null, edns: true }).at(-4)).toBe(dnssecOk ? 0x80 : 0);
  });

  test('the question alone without EDNS', () => {
    const out = encodeOutgoing(asked('www.example.com'), { id: 1, caseBits: null, edns: false });
    expect(out).toEqual(queryOf('www.example.com', 'A', { id: 1 }));
  });

  test('keys are equal for the same name in any case, and differ by type, CD and DO', () => {
    const base = asked('www.example.com');
    expect(asked('WWW.EXAMPLE.com').key).toBe(base.key);
    const query = queryOf('www.example.com');
    query.writeUInt8(query.readUInt8(3) | 0x10, 3);
    const others = [
      asked('www.example.com', 'AAAA').key,
      asked('ww.example.com').key,
      questionOf(query, query.length).key,
    ];
    expect(new Set([base.key, ...others]).size).toBe(4);
  });

  test('ids and upper-case letters are evenly distributed', () => {
    const random = createRandom();
    const ids = Array.from({ length: 20_000 }, () => random.id());
    expect(new Set(ids).size).toBeGreaterThan(16_000);
    const question = asked('abcdefghijklmnopqrstuvwxyz.example');
    const upper = Array.from({ length: 2_000 }, () => {
      const out = encodeOutgoing(question, { id: 0, caseBits: random.bytes(32), edns: false });
      return [...out.toString('latin1', 13, 39)].map((letter) => Number(letter < 'a'));
    });
    for (let at = 0; at < 26; at += 1) {
      const share = upper.reduce((sum, letters) => sum + (letters[at] ?? 0), 0) / upper.length;
      expect(share).toBeGreaterThan(0.42);
      expect(share).toBeLessThan(0.58);
    }
  });
});

describe('matchOf()', () => {
  const query = queryOf('wWw.example.com', 'A', { id: 9 });
  const match = (reply: Buffer) => matchOf(reply, query, query.length);
  const good = () => replyOf({ id: 9, name: 'wWw.example.com', answers: ['www.example.com A 1 192.0.2.1'] });

  test('the reply', () => expect(match(good())).toBe('exact'));
  test('another letter case', () => expect(match(replyOf({ id: 9, name: 'www.example.com' }))).toBe('other-case'));
  test('another id', () => expect(match(replyOf({ id: 8, name: 'wWw.example.com' }))).toBe('none'));
  test('another name', () => expect(match(replyOf({ id: 9, name: 'wWx.example.com' }))).toBe('none'));
  test('another type', () => expect(match(replyOf({ id: 9, name: 'wWw.example.com', type: 'AAAA' }))).toBe('none'));
  test('a query', () => expect(match(query)).toBe('none'));
  test('truncated at every length', () => {
    const reply = good();
    for (let length = 0; length < reply.length; length += 1) expect(match(reply.subarray(0, length))).toBe('none');
  });
  test('a header alone counts as a refusal only', () => {
    const header = (rcode: number) => Buffer.from([0, 9, 0x80, rcode, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect([0, 1, 2, 3, 4, 5].map((rcode) => match(header(rcode)))).toEqual([
      'none',
      'exact',
      'exact',
      'none',
      'exact',
      'exact',
    ]);
  });
});

test('verdictOf(): answers, negative answers, and failures that another server may answer', () => {
  const verdict = (sketch: Parameters<typeof replyOf>[0], type = 1) => verdictOf(replyOf(sketch), type);
  expect(verdict({ answers: ['www.example.com A 1 192.0.2.1'] })).toBe('positive');
  expect(verdict({ answers: ['www.example.com CNAME 1 a.example', 'a.example A 1 192.0.2.1'] })).toBe('positive');
  expect(verdict({ answers: ['www.example.com CNAME 1 a.example'] })).toBe('negative');
  expect(verdict({ authorities: ['example.com SOA 1 1'] })).toBe('negative');
  expect(verdict({})).toBe('negative');
  expect(verdict({ rcode: 'NXDOMAIN' })).toBe('negative');
  expect(verdict({ authorities: ['com NS 1 ns.example'] })).toBe('bad');
  expect(verdict({ header: { aa: 1 }, authorities: ['com NS 1 ns.example'] })).toBe('negative');
  for (const rcode of ['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR'] as const) expect(verdict({ rcode })).toBe('bad');
});

test('wireName() and suffixesOf()', () => {
  expect(wireName('A.b.')).toBe('\x01a\x01b\0');
  expect([...suffixesOf(wireName('a.bc'))]).toEqual(['\x01a\x02bc\0', '\x02bc\0', '\0']);
});
