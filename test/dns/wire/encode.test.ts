import { Packet } from 'dns2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Query, readQuery } from '../../../dns/wire/read/query.ts';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import {
  addressRecord,
  anythingRecord,
  type DnsRecord,
  domainRecord,
  encodeRefusal,
  encodeReply,
  encodeServerFailure,
  type Fit,
  nameServerRecord,
  type Reply,
  serviceRecord,
  soaRecord,
  textRecord,
} from '../../../dns/wire/write/encode.ts';
import { bytes, optionOf, optionsIn, type QueryParts, queryOf, wireName } from './messages.ts';

const { TYPE, RCODE } = Packet;
const NAME = 'web.shop.rancher.internal';

function asked(parts: QueryParts = {}): Query {
  const read = readQuery(queryOf(parts));
  if (read.kind !== 'query') throw new Error('the query of the test is not valid');
  return read.query;
}

function within(limitBytes: number, rest: Partial<Fit> = {}): Fit {
  return { limitBytes, transport: 'udp', options: Buffer.alloc(0), ...rest };
}

const ANSWER = { rcode: RCODE.NOERROR, authoritative: true, answers: [], authorities: [] };

function addressesOf(name: string, count: number, subnet = '10.0'): readonly DnsRecord[] {
  return Array.from({ length: count }, (_, n) => addressRecord(name, TYPE.A, 1, `${subnet}.${n >> 8}.${n & 255}`));
}

/** Decodes with dns2, and checks that the header counts match the bytes exactly. */
function parsed(message: Buffer): Packet {
  const packet = Packet.parse(message);
  expect(packet.errors).toEqual([]);
  const { qdcount = 0, ancount = 0, nscount = 0, arcount = 0 } = packet.header as unknown as Record<string, number>;
  const { questions, answers, authorities, additionals } = packet;
  expect([questions, answers, authorities, additionals].map(({ length }) => length)).toEqual([
    qdcount,
    ancount,
    nscount,
    arcount,
  ]);
  expect(structureOf(message)).not.toBeNull();
  const cut = message.subarray(0, -1);
  expect(structureOf(cut)).toBeNull();
  return packet;
}

describe('encodeReply()', () => {
  test('repeats id, RD, CD and the question as sent; sets QR, AA and RA; never Z or AD', () => {
    for (const [sent, given] of [
      [0x0100, 0x8580],
      [0x0000, 0x8480],
      [0x0110, 0x8590],
      [0x0070, 0x8490],
    ] as const) {
      const query = asked({ flags: sent, name: 'wEb.ShOp' });
      const reply = encodeReply(query, ANSWER, within(512));
      expect(reply.readUInt16BE(0)).toBe(0x1234);
      expect(reply.readUInt16BE(2)).toBe(given);
      expect(reply.subarray(12)).toEqual(query.bytes.subarray(12));
    }
    const theirs = encodeReply(asked(), { ...ANSWER, authoritative: false, rcode: RCODE.NXDOMAIN }, within(512));
    expect(theirs.readUInt16BE(2)).toBe(0x8183);
  });

  test('every type of ours, decoded by dns2', () => {
    const target = 'w1.rancher.internal';
    const answers = [
      domainRecord(NAME, TYPE.CNAME, 5, 'Other.Example.'),
      addressRecord('Other.Example', TYPE.A, 6, '10.1.2.3'),
      addressRecord('Other.Example', TYPE.AAAA, 7, '2001:db8::1'),
      serviceRecord(NAME, 8, { priority: 1, weight: 2, port: 8080, target }),
      textRecord(NAME, 9, 'x'.repeat(300)),
      domainRecord('4.3.2.1.in-addr.arpa', TYPE.PTR, 10, target),
      nameServerRecord('rancher.internal', 11, target),
    ];
    const reply = {
      ...ANSWER,
      answers,
      authorities: [soaRecord('rancher.internal', 'rancher.internal', 0xffff_ffff, 1)],
    };
    const packet = parsed(
      encodeReply(asked(), { ...reply, additionals: [addressRecord(target, TYPE.A, 1, '10.42.0.1')] }, within(1232)),
    );
    expect(packet.answers.map(({ name, type, ttl }) => [name, type, ttl])).toEqual(
      answers.map(({ name, type, ttl }) => [name, type, ttl]),
    );
    const [alias, four, six, service, text, pointer, server] = packet.answers;
    expect([alias?.domain, four?.address, six?.address]).toEqual(['Other.Example', '10.1.2.3', '2001:db8::1']);
    expect(service).toMatchObject({ priority: 1, weight: 2, port: 8080, target });
    expect(text?.data).toEqual(['x'.repeat(255), 'x'.repeat(45)]);
    expect([pointer?.domain, server?.ns]).toEqual([target, target]);
    expect(packet.authorities[0]).toMatchObject({ serial: 0xffff_ffff, minimum: 1, ttl: 1 });
    expect(packet.additionals[0]?.address).toBe('10.42.0.1');
  });

  test('Q15 negative answers have a TTL of at most one second, whatever the TTL of our names', () => {
    for (const [ttl, minimum] of [
      [600, 1],
      [1, 1],
      [0, 0],
    ] as const) {
      const soa = soaRecord('rancher.internal', 'rancher.internal', 1, ttl);
      expect([soa.ttl, soa.minimum]).toEqual([minimum, minimum]);
    }
  });

  test('names are compressed, in any case of letters; the target of SRV is not [RFC 2782]', () => {
    const one = encodeReply(
      asked({ name: 'WEB.shop.rancher.internal' }),
      { ...ANSWER, answers: addressesOf(NAME, 1) },
      within(512),
    );
    expect(one.length).toBe(queryOf().length + 16);
    const service = serviceRecord(NAME, 1, { priority: 0, weight: 0, port: 80, target: NAME });
    const two = encodeReply(asked(), { ...ANSWER, answers: [service] }, within(512));
    expect(two.subarray(-wireName(NAME).length)).toEqual(wireName(NAME));
  });

  test('HINFO for ANY [RFC 8482 §4.2]', () => {
    const reply = encodeReply(asked({ type: 255 }), { ...ANSWER, answers: [anythingRecord(NAME, 1)] }, within(512));
    expect(reply.subarray(queryOf().length).toString('latin1')).toBe(
      '\xc0\x0c\0\x0d\0\x01\0\0\0\x01\0\x09\x07RFC8482\0',
    );
  });

  test('an invalid address is an error', () => {
    for (const [type, address] of [
      [TYPE.A, '10.0.0.256'],
      [TYPE.AAAA, '::g'],
      [TYPE.A, ''],
    ] as const) {
      const answers = [addressRecord(NAME, type, 1, address)];
      expect(() => encodeReply(asked(), { ...ANSWER, answers }, within(512))).toThrow('address');
    }
  });

  test('EDNS for clients that use it: our size, version 0, DO as sent, the options', () => {
    const options = optionOf(10, Buffer.alloc(24, 5));
    expect(parsed(encodeReply(asked(), ANSWER, within(512, { options }))).additionals).toEqual([]);
    for (const dnssecOk of [false, true]) {
      const query = asked({ opt: { payloadSize: 4096, dnssecOk, options: optionOf(65_001, Buffer.alloc(3)) } });
      const reply = encodeReply(query, ANSWER, within(512, { options }));
      expect(parsed(reply).additionals).toMatchObject([{ class: 1232, version: 0, doFlag: dnssecOk }]);
      expect([...optionsIn(reply)]).toEqual([[10, Buffer.alloc(24, 5)]]);
    }
  });
});

describe('replies that are too large [RFC 2181 §9]', () => {
  const alias = domainRecord(NAME, TYPE.CNAME, 1, 'many.example');
  const soa = soaRecord('rancher.internal', 'rancher.internal', 1, 1);
  const counts = (reply: Buffer) => {
    const { answers, authorities, additionals, header } = parsed(reply);
    return { tc: header.tc, counts: [answers.length, authorities.length, additionals.length] };
  };
  const encoded = (reply: Partial<Reply>, given: Fit, query = asked()) => {
    const message = encodeReply(query, { ...ANSWER, ...reply }, given);
    expect(message.length).toBeLessThanOrEqual(given.limitBytes);
    return counts(message);
  };

  test('over UDP: as many records as fit, in order, and TC if one is missing', () => {
    const fits = Math.floor((512 - queryOf().length) / 16);
    expect(encoded({ answers: addressesOf(NAME, fits) }, within(512))).toEqual({ tc: 0, counts: [fits, 0, 0] });
    expect(encoded({ answers: addressesOf(NAME, fits + 1) }, within(512))).toEqual({ tc: 1, counts: [fits, 0, 0] });
    const chain = [alias, ...addressesOf('many.example', 100)];
    expect(encoded({ answers: chain, authorities: [soa] }, within(512))).toEqual({ tc: 1, counts: [28, 0, 0] });
    const mixed = [
      ...addressesOf(NAME, 2),
      addressRecord(NAME, TYPE.AAAA, 1, '::1'),
      ...addressesOf('MANY.example', 9),
      ...addressesOf('many.Example', 90),
    ];
    expect(encoded({ answers: mixed }, within(512))).toEqual({ tc: 1, counts: [27, 0, 0] });
  });

  test('authority and additional are left off without TC', () => {
    const full = addressesOf(NAME, Math.floor((512 - queryOf().length) / 16));
    const additionals = [...addressesOf('a.example', 2, '10.1'), ...addressesOf('b.example', 40, '10.2')];
    expect(encoded({ answers: full, authorities: [soa], additionals }, within(512))).toEqual({
      tc: 0,
      counts: [full.length, 0, 0],
    });
    expect(encoded({ answers: full.slice(5), authorities: [soa] }, within(512))).toEqual({
      tc: 0,
      counts: [full.length - 5, 1, 0],
    });
    expect(encoded({ answers: full.slice(10), additionals }, within(512))).toEqual({
      tc: 0,
      counts: [full.length - 10, 0, 2],
    });
  });

  test('after a missing record of the answer, nothing follows', () => {
    const services = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((port) =>
      serviceRecord(NAME, 1, { priority: 1, weight: 1, port, target: 'w1.rancher.internal' }),
    );
    const additionals = addressesOf('w1.rancher.internal', 1);
    expect(encoded({ answers: services, additionals }, within(512))).toEqual({ tc: 0, counts: [10, 0, 1] });
    expect(encoded({ answers: [...services, ...services], additionals }, within(512))).toEqual({
      tc: 1,
      counts: [12, 0, 0],
    });
  });

  test('names beyond the reach of pointers are written in full', () => {
    const names = ['a.example', 'b.example', 'c.example'];
    const answers = names.flatMap((name, n) => addressesOf(name, 700, `10.${n}`));
    const { answers: given } = parsed(
      encodeReply(asked(), { ...ANSWER, answers }, within(65_535, { transport: 'tcp' })),
    );
    expect(names.map((name) => given.filter((record) => record.name === name).length)).toEqual([700, 700, 700]);
  });

  test('a TTL has 31 bits [RFC 2181 §8]', () => {
    for (const type of [TYPE.A, TYPE.SRV]) {
      const record = { ...addressRecord(NAME, type, 0xffff_ffff, '10.0.0.1'), target: NAME };
      expect(parsed(encodeReply(asked(), { ...ANSWER, answers: [record] }, within(512))).answers[0]?.ttl).toBe(
        0x7fff_ffff,
      );
      const bytesOfTtl = encodeReply(asked(), { ...ANSWER, answers: [record] }, within(512)).readUInt32BE(
        asked().questionEnd + 6,
      );
      expect(bytesOfTtl).toBe(0x7fff_ffff);
    }
  });

  test('space for EDNS is reserved', () => {
    const options = optionOf(10, Buffer.alloc(24));
    const query = asked({ opt: {} });
    const room = 512 - query.questionEnd - 11 - options.length;
    const given = within(512, { options });
    expect(encoded({ answers: addressesOf(NAME, Math.floor(room / 16)) }, given, query).tc).toBe(0);
    expect(encoded({ answers: addressesOf(NAME, Math.floor(room / 16) + 1) }, given, query)).toEqual({
      tc: 1,
      counts: [Math.floor(room / 16), 0, 1],
    });
  });

  test('Q30 over TCP: as many records as fit, in order, without TC', () => {
    const many = addressesOf(NAME, 5_000);
    const message = encodeReply(asked(), { ...ANSWER, answers: many }, within(65_535, { transport: 'tcp' }));
    expect(message.length).toBeGreaterThan(65_535 - 16);
    const { header, answers } = parsed(message);
    expect(header.tc).toBe(0);
    expect(answers.map(({ address }) => address)).toEqual(many.slice(0, answers.length).map(({ address }) => address));
  });

  test('any records and any limit: the first ones, as many as fit, correct TC, never above the limit', () => {
    const owner = fc.constantFrom(NAME, 'a.example', 'A.Example', 'b.rancher.internal', '');
    const record = fc.oneof(
      fc.tuple(owner, fc.ipV4()).map(([name, address]) => addressRecord(name, TYPE.A, 1, address)),
      fc
        .tuple(owner, owner)
        .map(([name, target]) => serviceRecord(name, 1, { priority: 1, weight: 1, port: 1, target })),
      fc.tuple(owner, fc.string({ maxLength: 400 })).map(([name, text]) => textRecord(name, 1, text)),
    );
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 40 }),
        fc.array(record, { maxLength: 9 }),
        fc.integer({ min: 64, max: 2_000 }),
        fc.boolean(),
        (answers, additionals, limit, edns) => {
          const query = asked(edns ? { opt: {} } : {});
          const message = encodeReply(query, { ...ANSWER, answers, additionals }, within(limit));
          expect(message.length).toBeLessThanOrEqual(Math.max(limit, query.questionEnd + 11));
          const packet = parsed(message);
          const given = packet.answers.length;
          expect(packet.header.tc).toBe(given < answers.length ? 1 : 0);
          const more = { ...ANSWER, answers: answers.slice(0, given + 1) };
          if (given < answers.length) expect(encodeReply(query, more, within(65_535)).length).toBeGreaterThan(limit);
          expect(packet.answers.map(({ name, type }) => [name.toLowerCase(), type])).toEqual(
            answers.slice(0, given).map(({ name, type }) => [name.toLowerCase(), type]),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('refusals', () => {
  const refused = (message: Buffer) => {
    const read = readQuery(message);
    if (read.kind !== 'refuse') throw new Error('not refused');
    return encodeRefusal(message, read);
  };

  test('BADVERS is split over header and OPT record, with EDNS version 0 [RFC 6891 §6.1.3]', () => {
    const reply = refused(queryOf({ opt: { version: 3, dnssecOk: true } }));
    expect(reply.readUInt8(3) & 0xf).toBe(0);
    const { header, additionals } = parsed(reply);
    expect([header.rcode, additionals[0]]).toMatchObject([RCODE.BADVERS, { version: 0, doFlag: true }]);
  });

  test('an unknown opcode is repeated, without RA', () => {
    const reply = refused(queryOf({ flags: 0x2910, opt: {} }));
    expect(reply.readUInt16BE(2)).toBe(0xa914);
    expect(parsed(reply).questions).toHaveLength(1);
  });

  test('an unreadable question is not repeated', () => {
    expect(refused(queryOf({ tail: Buffer.of(0) }))).toEqual(bytes('1234 8181 0000 0000 0000 0000'));
  });

  test('SERVFAIL without AA, with EDNS for clients that use it', () => {
    const reply = encodeServerFailure(asked({ opt: {} }));
    expect(reply.readUInt16BE(2)).toBe(0x8182);
    expect(parsed(reply).additionals).toHaveLength(1);
  });
});
