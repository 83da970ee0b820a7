import { Packet } from 'dns2';
import { describe, expect, test } from 'vitest';
import { keepReply, replayReply } from '../../../dns/upstream/message/kept-reply.ts';
import type { Question } from '../../../dns/upstream/message/question.ts';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import { asked, type MessageSketch, replyOf, textOf } from './messages.ts';

const DAY = { maxTtlSeconds: 86_400 };
const keep = (sketch: MessageSketch, limits = DAY) =>
  keepReply(replyOf(sketch), asked(sketch.name ?? 'www.example.com', sketch.type), limits);

describe('how long a reply is kept', () => {
  test.each<[string, MessageSketch, number]>([
    ['one address', { answers: ['www.example.com A 300 192.0.2.1'] }, 300],
    [
      'the least of a chain, not the first',
      { answers: ['www.example.com CNAME 300 cdn.example.net', 'cdn.example.net A 20 192.0.2.1'] },
      20,
    ],
    [
      'of all sections',
      { answers: ['www.example.com A 300 192.0.2.1'], authorities: ['example.com NS 60 ns.example.com'] },
      60,
    ],
    ['zero is not kept', { answers: ['www.example.com A 0 192.0.2.1'] }, 0],
    ['NXDOMAIN: the minimum of the SOA', { rcode: 'NXDOMAIN', authorities: ['example.com SOA 3600 60'] }, 60],
    ['NXDOMAIN: or its TTL', { rcode: 'NXDOMAIN', authorities: ['example.com SOA 30 3600'] }, 30],
    ['NXDOMAIN: at most three hours', { rcode: 'NXDOMAIN', authorities: ['example.com SOA 86400 86400'] }, 10_800],
    ['NXDOMAIN without SOA', { rcode: 'NXDOMAIN' }, 0],
    ['NODATA', { authorities: ['example.com SOA 3600 60'] }, 60],
    ['NODATA without SOA', {}, 0],
    [
      'NODATA at the end of a chain: not longer than the chain',
      { answers: ['www.example.com CNAME 10 cdn.example.net'], authorities: ['example.net SOA 3600 60'] },
      10,
    ],
    ['a chain that ends nowhere', { answers: ['www.example.com CNAME 10 cdn.example.net'] }, 0],
    ['SERVFAIL', { rcode: 'SERVFAIL', authorities: ['example.com SOA 3600 60'] }, 0],
    ['a referral is no answer', { authorities: ['example.com NS 3600 ns.example.com'] }, 0],
    ['what was cut', { header: { tc: 1 }, answers: ['www.example.com A 300 192.0.2.1'] }, 0],
  ])('%s', (_, sketch, seconds) => {
    expect(keep(sketch).lifetimeSeconds).toBe(seconds);
  });

  test('a TTL with the highest bit set is zero [RFC 2181 §8]', () => {
    const reply = replyOf({ answers: ['www.example.com A 300 192.0.2.1'] });
    reply.writeUInt32BE(0x80000001, reply.length - 10);
    expect(keepReply(reply, asked('www.example.com'), DAY).lifetimeSeconds).toBe(0);
  });

  test('never longer than the limit, also in the records', () => {
    const { lifetimeSeconds, message } = keep(
      { answers: ['www.example.com A 999999 192.0.2.1'] },
      { maxTtlSeconds: 60 },
    );
    expect(lifetimeSeconds).toBe(60);
    expect(textOf(message)).toBe('NOERROR | www.example.com A 60 192.0.2.1');
  });

  test('the records of an RRset get its lowest TTL [RFC 2181 §5.2]; other RRsets keep theirs', () => {
    const answers = ['www.example.com CNAME 300 a.example', 'a.example A 50 192.0.2.1', 'A.example A 40 192.0.2.2'];
    const { message } = keep({ answers });
    expect(textOf(message)).toMatch(/CNAME 300 .*A 40 192.0.2.1, \S+ A 40 192.0.2.2/);
  });

  test('the SOA of a negative answer carries the negative TTL, not its own', () => {
    const { message } = keep({ rcode: 'NXDOMAIN', authorities: ['example.com SOA 3600 60'] });
    expect(textOf(message)).toBe('NXDOMAIN |  | example.com SOA 60 60');
  });
});

describe('what is kept', () => {
  test('without OPT record and what follows it; RA set, AA clear', () => {
    const sketch: MessageSketch = {
      header: { aa: 1, ra: 0 },
      answers: ['www.example.com A 300 192.0.2.1'],
      edns: 4_096,
    };
    const { message } = keep(sketch);
    expect(textOf(message)).toBe('NOERROR | www.example.com A 300 192.0.2.1');
    expect(structureOf(message)?.opts).toBe(0);
    expect(Packet.parse(message).header).toMatchObject({ aa: 0, ra: 1 });
  });

  test('an extended rcode is a failure', () => {
    const reply = replyOf({ edns: 1_232, answers: ['www.example.com A 300 192.0.2.1'] });
    reply.writeUInt8(1, reply.length - 6);
    const kept = keepReply(reply, asked('www.example.com'), DAY);
    expect([kept.verdict, Packet.parse(kept.message).header.rcode]).toEqual(['bad', Packet.RCODE.SERVFAIL]);
  });

  test('without the mixed case of our query', () => {
    const reply = replyOf({ name: 'wWw.ExAmple.coM', answers: ['wWw.ExAmple.coM A 300 192.0.2.1'] });
    expect(textOf(keepReply(reply, asked('www.example.com'), DAY).message)).toContain('www.example.com A 300');
  });
});

describe('replayReply() gives each asker', () => {
  const TWO = [
    'www.example.com CNAME 300 cdn.example.net',
    'cdn.example.net A 20 192.0.2.1',
    'cdn.example.net A 20 192.0.2.2',
  ];
  const again = (options: Partial<Parameters<typeof replayReply>[1]>, sketch: MessageSketch = { answers: TWO }) => {
    const question = options.question ?? asked('www.example.com');
    const kept = keep(sketch).message.toString('latin1');
    return replayReply(kept, { id: 7, question, ageSeconds: 0, staleTtlSeconds: null, turn: 0, ...options });
  };

  test('its own id, its question in its own case, RD and CD', () => {
    const question = { ...asked('WWW.Example.com'), recursion: false, checkingDisabled: true };
    const reply = again({ question });
    const packet = Packet.parse(reply);
    expect(reply.readUInt8(3) & 0x10).toBe(0x10);
    expect(packet.header).toMatchObject({ id: 7, rd: 0, qr: 1, ra: 1 });
    expect(packet.questions[0]?.name).toBe('WWW.Example.com');
  });

  test('TTLs that count down for each record', () => {
    expect(textOf(again({ ageSeconds: 15 }))).toBe(
      'NOERROR | www.example.com CNAME 285 cdn.example.net, cdn.example.net A 5 192.0.2.1, cdn.example.net A 5 192.0.2.2',
    );
  });

  test('30 seconds in all records of a stale reply [RFC 8767 §4]', () => {
    expect(textOf(again({ ageSeconds: 500, staleTtlSeconds: 30 }))).toContain(
      'CNAME 30 cdn.example.net, cdn.example.net A 30',
    );
  });

  test('rotated addresses; the alias chain stays first', () => {
    const first = (turn: number) => /A 20 (\S+?),/.exec(textOf(again({ turn })))?.[1];
    expect([0, 1, 2, 3].map(first)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2']);
    expect(textOf(again({ turn: 1 }))).toMatch(/^NOERROR \| www.example.com CNAME 300/);
  });

  test('AD only if it requested AD or signatures [RFC 6840 §5.8]', () => {
    const reply = replyOf({ answers: TWO });
    reply.writeUInt8(reply.readUInt8(3) | 0x20, 3);
    const plain = asked('www.example.com');
    const { message } = keepReply(reply, plain, DAY);
    const adFor = (question: Question) =>
      replayReply(message, { id: 7, question, ageSeconds: 0, staleTtlSeconds: null, turn: 0 }).readUInt8(3) & 0x20;
    expect([plain, { ...plain, authentic: true }, { ...plain, dnssecOk: true }].map(adFor)).toEqual([0, 0x20, 0x20]);
  });
});
