import { Packet } from 'dns2';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSubject, type Subject } from '../fuzz/subject.ts';
import { WORLD } from '../fuzz/worlds.ts';
import { bytes, optionOf, optionsIn, optOf, type QueryParts, queryOf } from '../wire/messages.ts';

const { TYPE, RCODE } = Packet;
const FROM = '10.42.1.5';

let subject: Subject;
beforeEach(() => {
  subject = createSubject(WORLD);
});

async function raw(message: Buffer, transport: 'udp' | 'tcp' = 'udp'): Promise<Buffer> {
  const reply = await subject.general(message, FROM, transport);
  if (!reply) throw new Error('no reply');
  return reply;
}

async function ask(parts: QueryParts, transport: 'udp' | 'tcp' = 'udp'): Promise<Packet> {
  const packet = Packet.parse(await raw(queryOf(parts), transport));
  expect(packet.errors).toEqual([]);
  return packet;
}

function lines({ answers }: Packet): readonly string[] {
  return answers.map(({ name, type, ttl, address, domain }) =>
    `${name} ${ttl} ${type} ${address ?? domain ?? ''}`.trim(),
  );
}

const A = 'c00c 0001 0001 0000003c 0004 c0000201';
const SOA = 'c010 0006 0001 00000e10 0018 c010 c010 00000001 00000002 00000003 00000004 00000005';
const OWN_ALIAS = 'host.ext 1 5 www.example.com';

describe('an alias of ours for an external name', () => {
  test('our record, then those of the upstream; AA describes the first [RFC 1035 §4.1.1]', async () => {
    subject.say(0x8180, [1, 0, 0], bytes(A));
    const packet = await ask({ name: 'host.ext' });
    expect(lines(packet)).toEqual([OWN_ALIAS, 'www.example.com 59 1 192.0.2.1']);
    expect(packet.header).toMatchObject({ aa: 1, ra: 1, rcode: RCODE.NOERROR });
  });

  test('a negative answer for the target is negative, with the TTL of its zone', async () => {
    subject.say(0x8183, [0, 1, 0], bytes(SOA));
    const missing = await ask({ name: 'host.ext' });
    expect([missing.header.rcode, ...lines(missing)]).toEqual([RCODE.NXDOMAIN, OWN_ALIAS]);
    expect(missing.authorities).toMatchObject([{ name: 'example.com', minimum: 5 }]);
    subject.say(0x8180, [0, 1, 0], bytes(SOA));
    const empty = await ask({ name: 'host.ext', type: TYPE.AAAA });
    expect([empty.header.rcode, empty.authorities.length, ...lines(empty)]).toEqual([RCODE.NOERROR, 1, OWN_ALIAS]);
  });

  test('a failure for the target is SERVFAIL; the service’s own addresses are used if it has some', async () => {
    subject.say(0x8182, [0, 0, 0], Buffer.alloc(0));
    const failed = await ask({ name: 'host.ext' });
    expect([failed.header.rcode, failed.header.aa, failed.answers.length]).toEqual([RCODE.SERVFAIL, 0, 0]);
    expect(lines(await ask({ name: 'both.ext' }))).toEqual(['both.ext 1 1 192.0.2.9']);
  });

  test('CNAME and ANY queries are not forwarded', async () => {
    subject.say(0x8182, [0, 0, 0], Buffer.alloc(0));
    for (const type of [TYPE.CNAME, TYPE.ANY])
      expect(lines(await ask({ name: 'host.ext', type }))).toEqual([OWN_ALIAS]);
  });
});

describe('ANY [RFC 8482]', () => {
  test.each([
    ['a service', 'web.shop', RCODE.NOERROR, [TYPE.HINFO]],
    ['a service without endpoints', 'empty.shop', RCODE.NOERROR, [TYPE.HINFO]],
    ['a reverse name', '1.1.42.10.in-addr.arpa', RCODE.NOERROR, [TYPE.HINFO]],
    ['an alias within our names', 'inward.ext', RCODE.NOERROR, [TYPE.CNAME]],
    ['no name', 'nosuch.rancher.internal', RCODE.NXDOMAIN, []],
  ])('%s', async (_, name, rcode, types) => {
    const { header, answers } = await ask({ name, type: TYPE.ANY });
    expect([header.rcode, header.aa, answers.map(({ type }) => type)]).toEqual([rcode, 1, types]);
  });

  test('external names are forwarded with type ANY', async () => {
    subject.say(0x8180, [1, 0, 0], bytes(A));
    expect(lines(await ask({ name: 'www.example.org', type: TYPE.ANY }))).toEqual(['www.example.org 59 1 192.0.2.1']);
  });
});

describe('cookies [RFC 7873 §5]', () => {
  const client = bytes('2464c4abcf10c957');
  const withCookie = (cookie: Buffer, parts: QueryParts = {}) =>
    queryOf({ ...parts, opt: { options: optionOf(10, cookie) } });
  const alone = (cookie: Buffer) =>
    Buffer.concat([queryOf({ counts: [0, 0, 0, 1] }).subarray(0, 12), optOf({ options: optionOf(10, cookie) })]);
  const cookieIn = (reply: Buffer) => optionsIn(reply).get(10) ?? Buffer.alloc(0);

  test('a client that sends a cookie gets one, whatever the answer', async () => {
    subject.say(0x8180, [1, 0, 0], bytes(A));
    for (const name of ['web.shop', 'nosuch.rancher.internal', 'www.example.org', 'host.ext']) {
      for (const transport of ['udp', 'tcp'] as const) {
        const given = cookieIn(await raw(withCookie(client, { name }), transport));
        expect([given.length, given.subarray(0, 8)]).toEqual([24, client]);
      }
    }
    expect(cookieIn(await raw(withCookie(client, { type: TYPE.AXFR })))).toHaveLength(24);
    expect(cookieIn(await raw(withCookie(Buffer.alloc(24, 9))))).not.toEqual(Buffer.alloc(24, 9));
  });

  test('a cookie without a question is answered with one, and with BADCOOKIE if the server cookie is not ours', async () => {
    const given = cookieIn(await raw(alone(client)));
    expect(given).toHaveLength(24);
    for (const [cookie, rcode] of [
      [client, RCODE.NOERROR],
      [given, RCODE.NOERROR],
      [Buffer.alloc(24, 9), RCODE.BADCOOKIE],
    ] as const) {
      const reply = await raw(alone(cookie));
      expect([Packet.parse(reply).header.rcode, reply.readUInt16BE(4), cookieIn(reply).length]).toEqual([rcode, 0, 24]);
    }
  });
});

describe('keepalive [RFC 7828]', () => {
  test('is sent over TCP only, and only with a timeout', async () => {
    const query = queryOf({ opt: { options: optionOf(11, Buffer.alloc(0)) } });
    expect(optionsIn(await raw(query, 'udp')).has(11)).toBe(false);
    expect(optionsIn(await raw(query, 'tcp')).has(11)).toBe(false);
  });
});
