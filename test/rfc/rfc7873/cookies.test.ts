import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { addresses } from '../expectations.ts';
import { withAddress } from '../servers/behaviours.ts';
import type { Subject } from '../subject.ts';
import { describeRfc } from '../suite.ts';
import { message, opt, option } from '../wire/build.ts';
import { FLAG, OPTION } from '../wire/codes.ts';
import type { Message } from '../wire/read.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const web = ['10.42.1.1', '10.42.1.2', '10.42.1.3'];
const any = { role: 'both' } as const;
const cookies = { role: 'both', needs: ['cookies'] } as const;
const edns = (data: Buffer) => ({ options: [option(OPTION.COOKIE, data)] });

describeRfc('RFC 7873', (check) => {
  check('§5.2.1', 'a query without a cookie gets no cookie', any, async ({ ask }) => {
    expect(cookieOf(await ask(WEB, { edns: {} }))).toBeNull();
  });

  check('§5.2', 'a query with a cookie always gets a reply', any, async ({ ask }) => {
    expect(['NOERROR', 'BADCOOKIE']).toContain((await ask(WEB, { edns: edns(randomBytes(8)) })).rcode);
  });

  check('§5.2.2', 'a cookie of a wrong length is FORMERR', cookies, async ({ ask }) => {
    for (const length of [0, 1, 7, 9, 15, 41, 60]) {
      const reply = await ask(WEB, { edns: edns(randomBytes(length)) });
      expect([length, reply.rcode]).toEqual([length, 'FORMERR']);
      expect(reply.answers).toEqual([]);
    }
  });

  check(
    '§5.2.3',
    'a client cookie gets the answer, with the client cookie and a server cookie',
    cookies,
    async ({ ask }) => {
      for (const over of ['udp', 'tcp'] as const) {
        const client = randomBytes(8);
        const reply = await ask(WEB, { edns: edns(client), over });
        expect(addresses(reply)).toEqual(web);
        expect(reply.opt?.options.filter(({ code }) => code === OPTION.COOKIE)).toHaveLength(1);
        const cookie = cookieOf(reply) ?? Buffer.alloc(0);
        expect(cookie.subarray(0, 8)).toEqual(client);
        expect(cookie.length).toBeGreaterThanOrEqual(16);
        expect(cookie.length).toBeLessThanOrEqual(40);
      }
    },
  );

  check('§5.2.3', 'cookies also work with forwarded names and negative answers', cookies, async ({ ask, upstream }) => {
    upstream.script('cookie.upstream.example.', withAddress('198.51.100.80'));
    for (const owner of ['cookie.upstream.example.', `nosuch.${ZONE}`]) {
      const client = randomBytes(8);
      for (let round = 0; round < 2; round += 1) {
        expect(cookieOf(await ask(owner, { edns: edns(client) }))?.subarray(0, 8)).toEqual(client);
      }
    }
  });

  check(
    '§5.2.4',
    'an invalid server cookie counts as none or is BADCOOKIE; the reply has a valid one',
    cookies,
    async (on) => {
      const client = randomBytes(8);
      for (const length of [8, 16, 32]) {
        const reply = await on.ask(WEB, { edns: edns(Buffer.concat([client, randomBytes(length)])) });
        expect(['NOERROR', 'BADCOOKIE']).toContain(reply.rcode);
        const fresh = cookieOf(reply) ?? Buffer.alloc(0);
        expect(fresh.subarray(0, 8)).toEqual(client);
        expect((await on.ask(WEB, { edns: edns(fresh) })).rcode).toBe('NOERROR');
      }
    },
  );

  check('§5.2.5', 'a valid server cookie is answered, with a valid cookie', cookies, async (on) => {
    let cookie = await fullCookie(on, randomBytes(8));
    for (let round = 0; round < 3; round += 1) {
      const reply = await on.ask(WEB, { edns: edns(cookie) });
      expect(addresses(reply)).toEqual(web);
      expect(reply.rcode).toBe('NOERROR');
      cookie = cookieOf(reply) ?? Buffer.alloc(0);
      expect(cookie.length).toBeGreaterThanOrEqual(16);
    }
  });

  check('§4.2', 'the server cookie depends on the client cookie and address', cookies, async (on) => {
    const client = randomBytes(8);
    const one = await fullCookie(on, client);
    const other = await fullCookie(on, randomBytes(8));
    const elsewhere = cookieOf(await on.ask(WEB, { edns: edns(client), from: '127.0.0.3' }));
    expect(one.subarray(16).equals(other.subarray(16))).toBe(false);
    expect(elsewhere?.subarray(16).equals(one.subarray(16))).toBe(false);
  });

  check('§5.4', 'a cookie without a question requests a cookie', cookies, async ({ send }) => {
    const client = randomBytes(8);
    const reply = await send(message({ flags: FLAG.RD, additional: [opt(edns(client))] }));
    expect(reply).toMatchObject({ rcode: 'NOERROR', questions: [], answers: [] });
    expect(cookieOf(reply)?.subarray(0, 8)).toEqual(client);
    expect(cookieOf(reply)?.length).toBeGreaterThanOrEqual(16);
  });

  check('§5.4', 'no question and no cookie is FORMERR', any, async ({ send }) => {
    expect((await send(message({ flags: FLAG.RD, additional: [opt()] }))).rcode).toBe('FORMERR');
  });

  check('§5.2', 'a cookie is hop by hop: it is not forwarded', { role: 'forwarder' }, async ({ ask, upstream }) => {
    const owner = 'private-cookie.upstream.example.';
    upstream.script(owner, withAddress('198.51.100.81'));
    const client = randomBytes(8);
    await ask(owner, { edns: edns(client) });
    const sent = upstream.asked(owner).flatMap(({ query }) => cookieOf(query)?.subarray(0, 8).toString('hex') ?? []);
    expect(sent).not.toContain(client.toString('hex'));
  });

  check(
    'RFC 9018 §4',
    'the server cookie has version 1, reserved zeros, the time, and a hash of eight octets',
    cookies,
    async (on) => {
      const server = (await fullCookie(on, randomBytes(8))).subarray(8);
      expect(server.length).toBe(16);
      expect([...server.subarray(0, 4)]).toEqual([1, 0, 0, 0]);
      expect(Math.abs(server.readUInt32BE(4) - Date.now() / 1_000)).toBeLessThan(300);
    },
  );

  check('RFC 9018 §4.3', 'a cookie with a changed time is invalid', cookies, async (on) => {
    const cookie = await fullCookie(on, randomBytes(8));
    const forged = Buffer.from(cookie);
    forged.writeUInt32BE(cookie.readUInt32BE(12) - 60, 12);
    const fresh = cookieOf(await on.ask(WEB, { edns: edns(forged) }));
    expect(fresh?.equals(forged)).toBe(false);
    // The hash is the same within one second, so the cookie was generated again.
    expect(Math.abs((fresh?.readUInt32BE(12) ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  });
});

function cookieOf({ opt: record }: Message): Buffer | null {
  return record?.options.find(({ code }) => code === OPTION.COOKIE)?.data ?? null;
}

/** The client cookie, and the server cookie for it. */
async function fullCookie(on: Subject, client: Buffer): Promise<Buffer> {
  const cookie = cookieOf(await on.ask(WEB, { edns: edns(client) }));
  if (!cookie) throw new Error('no cookie in the reply');
  return cookie;
}
