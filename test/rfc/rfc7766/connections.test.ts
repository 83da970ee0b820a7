import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { addresses } from '../expectations.ts';
import { withAddress } from '../servers/behaviours.ts';
import { describeRfc } from '../suite.ts';
import { query } from '../wire/build.ts';
import { u16 } from '../wire/bytes.ts';
import { TYPE } from '../wire/codes.ts';
import type { Message } from '../wire/read.ts';
import { framed, type TcpClient } from '../wire/tcp.ts';
import { ZONE } from '../zone/zone.ts';

const WEB = `web.shop.${ZONE}`;
const web = ['10.42.1.1', '10.42.1.2', '10.42.1.3'];
const any = { role: 'both' } as const;
const ours = { role: 'authoritative' } as const;

describeRfc(
  'RFC 7766',
  (check) => {
    check('§5', 'every kind of answer works over TCP', ours, async ({ ask }) => {
      expect(addresses(await ask(WEB, { over: 'tcp' }))).toEqual(web);
      expect(await ask(`nosuch.${ZONE}`, { over: 'tcp' })).toMatchObject({ rcode: 'NXDOMAIN', aa: true });
      expect(await ask(WEB, { type: TYPE.MX, over: 'tcp' })).toMatchObject({ rcode: 'NOERROR', answers: [] });
    });

    check('§6.2.1', 'a connection serves many queries, one after the other', ours, async (on) => {
      using client = await on.connect();
      for (let round = 0; round < 20; round += 1) expect((await askOn(client, query(WEB)))?.rcode).toBe('NOERROR');
      expect(client.isOpen()).toBe(true);
    });

    check('§6.2.1.1', 'many queries in one segment are all answered', ours, async (on) => {
      using client = await on.connect();
      const queries = Array.from({ length: 50 }, (_, id) => query(WEB, { id }));
      await client.write(Buffer.concat(queries.map(framed)));
      expect(await idsOf(client, 50)).toEqual(queries.map((_, id) => id));
    });

    check('§7', 'a fast answer does not wait for an earlier slow one', any, async (on) => {
      const slow = 'slow.upstream.example.';
      const { promise: quickIsThere, resolve } = Promise.withResolvers<void>();
      on.upstream.script(slow, async (asked) => {
        await quickIsThere;
        return withAddress('198.51.100.70')(asked);
      });
      using client = await on.connect();
      await client.write(Buffer.concat([query(slow, { id: 1 }), query(WEB, { id: 2 })].map(framed)));
      expect((await client.next())?.id).toBe(2);
      resolve();
      const second = await client.next(8_000);
      expect(second?.id).toBe(1);
      expect(second && addresses(second)).toEqual(['198.51.100.70']);
    });

    check('§8', 'a message may arrive octet by octet', ours, async (on) => {
      using client = await on.connect();
      for (const octet of framed(query(WEB))) await client.write(Buffer.from([octet]));
      const reply = await client.next();
      expect(reply && addresses(reply)).toEqual(web);
    });

    check('§8', 'a segment may end anywhere, also inside the length', ours, async (on) => {
      using client = await on.connect();
      const stream = Buffer.concat([query(WEB, { id: 1 }), query(WEB, { id: 2 })].map(framed));
      const cuts = [1, framed(query(WEB)).length + 1];
      for (const [from, to] of [
        [0, cuts[0]],
        [cuts[0], cuts[1]],
        [cuts[1], stream.length],
      ] as const) {
        await client.write(stream.subarray(from, to));
        await on.ask(WEB);
      }
      expect(await idsOf(client, 2)).toEqual([1, 2]);
    });

    check('§6.2.4', 'a client that has closed its sending side still gets its answers', ours, async (on) => {
      using client = await on.connect();
      await client.write(Buffer.concat(Array.from({ length: 5 }, (_, id) => framed(query(WEB, { id })))));
      client.end();
      expect(await idsOf(client, 5)).toEqual([0, 1, 2, 3, 4]);
      await client.closed(5_000);
    });

    check(
      '§6.2.4',
      'a client that disconnects in the middle of a message or reply affects no other client',
      ours,
      async (on) => {
        for (const bytes of [framed(query(WEB)).subarray(0, 9), u16(0xffff), framed(query(`big.shop.${ZONE}`))]) {
          using client = await on.connect();
          await client.write(bytes);
        }
        expect(addresses(await on.ask(WEB, { over: 'tcp' }))).toEqual(web);
      },
    );

    check('§8', 'a message shorter than a header gets no reply, and the server keeps running', ours, async (on) => {
      for (const bytes of [u16(0), framed(Buffer.alloc(5))]) {
        using client = await on.connect();
        await client.write(bytes);
        await client.write(framed(query(WEB, { id: 7 })));
        const reply = await client.next();
        // Closing the connection is allowed too.
        if (reply) expect(reply.id).toBe(7);
      }
      expect(addresses(await on.ask(WEB, { over: 'tcp' }))).toEqual(web);
    });

    check('§8', 'a message of 64 kB is accepted', any, async (on) => {
      using client = await on.connect();
      await client.write(framed(Buffer.concat([query(WEB, { id: 9 }), Buffer.alloc(65_000)])));
      const reply = await client.next();
      if (reply) expect(['FORMERR', 'NOERROR']).toContain(reply.rcode);
      expect(addresses(await on.ask(WEB, { over: 'tcp' }))).toEqual(web);
    });

    check('§6.2.3', 'a connection stays open for a while without a query', ours, async (on) => {
      using client = await on.connect();
      await askOn(client, query(WEB));
      await sleep(2_000);
      expect(client.isOpen()).toBe(true);
      expect((await askOn(client, query(WEB)))?.rcode).toBe('NOERROR');
    });

    check('§6.2.3', 'an idle connection is closed eventually', ours, async (on) => {
      using client = await on.connect();
      await askOn(client, query(WEB));
      await client.closed(15_000);
    });

    check('§6.2.2', 'connections of one client do not wait for each other', ours, async (on) => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => on.connect()));
      try {
        const replies = await Promise.all(clients.map((client) => askOn(client, query(WEB))));
        expect(replies.map((reply) => reply?.rcode)).toEqual(clients.map(() => 'NOERROR'));
      } finally {
        for (const client of clients) client[Symbol.dispose]();
      }
    });
  },
  { together: true },
);

async function askOn(client: TcpClient, bytes: Buffer): Promise<Message | null> {
  await client.write(framed(bytes));
  return client.next();
}

/** The ids of the next `count` replies, sorted: replies may arrive in any order [RFC 7766 §7]. */
async function idsOf(client: TcpClient, count: number): Promise<readonly number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    const reply = await client.next();
    if (!reply) throw new Error(`${ids.length} of ${count} replies`);
    ids.push(reply.id);
  }
  return ids.toSorted((a, b) => a - b);
}
