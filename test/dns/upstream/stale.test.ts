import { beforeEach, describe, expect, test } from 'vitest';
import { type Cache, createCache } from '../../../dns/upstream/cache/cache.ts';
import { createForwarding, type Forwarding } from '../../../dns/upstream/forwarder.ts';
import { createInFlight } from '../../../dns/upstream/in-flight.ts';
import type { KeptReply } from '../../../dns/upstream/message/kept-reply.ts';
import { createSlots } from '../../../dns/upstream/slots.ts';
import { createLog, createTimerWheel } from '../../../system/index.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { queryOf, replyOf, textOf } from './messages.ts';

const UPSTREAMS = [{ address: '10.0.0.1', port: 53 }];
const SERVFAIL = replyOf({ rcode: 'SERVFAIL' });
const address = (last: number, ttl = 100) => replyOf({ answers: [`www.example.com A ${ttl} 192.0.2.${last}`] });

let clock: FakeClock;
let cache: Cache;
let forwarding: Forwarding;
/** The reply of the upstreams and its delay; null: none, after 3.5 s. */
let upstreams: { afterMs: number; reply: Buffer | null };
let asked: number;

beforeEach(() => {
  clock = createFakeClock();
  cache = createCache({ clock }, { maxBytes: 1_000_000, maxStaleSeconds: 3_600 });
  upstreams = { afterMs: 10, reply: address(1) };
  asked = 0;
  forwarding = createForwarding(
    {
      choose: (_, { dns }) => ({ kind: 'ask', upstreams: UPSTREAMS, set: dns.join(' ') }),
      isProbe: () => false,
      race: () => {
        asked += 1;
        const { afterMs, reply } = upstreams;
        return { reply: clock.sleep(afterMs).then(() => reply), end: () => undefined };
      },
      cache,
      inFlight: createInFlight<KeptReply>({ slots: createSlots({ total: 100, anAsker: 100 }) }),
      timers: createTimerWheel(clock),
      log: createLog('dns', { level: 'silent', format: 'json' }),
    },
    { maxTtlSeconds: 86_400 },
  );
});

const dead = () => {
  upstreams = { afterMs: 3_500, reply: null };
};

/** `forwarded after 10 ms: NOERROR | ...`. */
async function ask(name = 'www.example.com', header: Parameters<typeof queryOf>[2] = {}, dns: readonly string[] = []) {
  const query = queryOf(name, 'A', header);
  const started = clock.monotonic();
  const answer = forwarding.forward(query, query.length, { key: 'a', dns });
  let done = answer instanceof Promise ? -1 : started;
  void Promise.resolve(answer).then(() => {
    if (done < 0) done = clock.monotonic();
  });
  for (let ms = 0; done < 0 && ms < 10_000; ms += 10) await clock.advance(10);
  const found = await answer;
  return found
    ? `${found.from} after ${done - started} ms: ${textOf(found.reply)}`
    : `nothing after ${done - started} ms`;
}

describe('the cache', () => {
  test('one query, then answers from the cache with decreasing TTL until it expires', async () => {
    expect(await ask()).toBe('forwarded after 10 ms: NOERROR | www.example.com A 100 192.0.2.1');
    await clock.advance(30_000);
    expect(await ask('WWW.example.com')).toBe('cached after 0 ms: NOERROR | WWW.example.com A 70 192.0.2.1');
    expect(asked).toBe(1);
    await clock.advance(70_000);
    upstreams.reply = address(2);
    expect(await ask()).toContain('forwarded after 10 ms: NOERROR | www.example.com A 100 192.0.2.2');
  });

  test('replies of one set of upstreams are not given to askers with another set', async () => {
    await ask();
    upstreams.reply = address(2);
    expect(await ask('www.example.com', {}, ['10.9.9.9'])).toContain('192.0.2.2');
    expect(await ask()).toContain('cached after 0 ms: NOERROR | www.example.com A 100 192.0.2.1');
  });

  test('simultaneous queries: one query upstream, each asker gets its own id, case and RD', async () => {
    const names = ['www.example.com', 'WWW.example.com', 'www.EXAMPLE.com'];
    const answers = names.map((name, n) => {
      const query = queryOf(name, 'A', { id: n + 1 });
      return forwarding.forward(query, query.length, { key: String(n), dns: [] });
    });
    await clock.advance(20);
    const replies = (await Promise.all(answers)).map((answer) => answer?.reply as Buffer);
    expect(replies.map((reply) => reply.readUInt16BE(0))).toEqual([1, 2, 3]);
    expect(replies.map((reply) => reply.toString('latin1', 13, 28).replace(/[^a-z]/gi, '.'))).toEqual(names);
    expect(asked).toBe(1);
  });

  test('TTL 0 is not kept', async () => {
    upstreams.reply = address(1, 0);
    await ask();
    await ask();
    expect(asked).toBe(2);
  });

  test('without RD: answered from the cache, but the upstream’s reply is not kept', async () => {
    upstreams.reply = replyOf({ header: { rd: 0 }, answers: ['www.example.com A 100 192.0.2.7'] });
    expect(await ask('www.example.com', { rd: 0 })).toContain('forwarded');
    expect(await ask()).toContain('forwarded');
    expect(await ask('www.example.com', { rd: 0 })).toContain('cached');
    expect(asked).toBe(2);
  });

  test('a failure is cached for a second', async () => {
    upstreams.reply = SERVFAIL;
    expect(await ask()).toBe('forwarded after 10 ms: SERVFAIL');
    expect(await ask()).toBe('cached after 0 ms: SERVFAIL');
    await clock.advance(1_000);
    upstreams.reply = address(1);
    expect(await ask()).toContain('forwarded after 10 ms: NOERROR');
  });

  test('a timeout is a failure too', async () => {
    dead();
    expect(await ask()).toMatch(/^nothing after 35\d0 ms$/);
    expect(await ask()).toBe('cached after 0 ms: SERVFAIL');
  });

  test('popular entries are refreshed before they expire, without delay for any asker', async () => {
    for (let n = 0; n < 5; n += 1) await ask();
    await clock.advance(95_000);
    upstreams.reply = address(2);
    expect(await ask()).toBe('cached after 0 ms: NOERROR | www.example.com A 5 192.0.2.1');
    await clock.advance(20);
    expect(await ask()).toBe('cached after 0 ms: NOERROR | www.example.com A 100 192.0.2.2');
    expect(asked).toBe(2);
  });
});

describe('Q29: stale answers [RFC 8767]', () => {
  test('are not used while an upstream answers in time', async () => {
    await ask();
    await clock.advance(101_000);
    upstreams = { afterMs: 1_700, reply: address(2) };
    expect(await ask()).toBe('forwarded after 1700 ms: NOERROR | www.example.com A 100 192.0.2.2');
  });

  test('are used after 1.8 s with TTL 30; the query continues and its answer is kept', async () => {
    await ask();
    await clock.advance(101_000);
    upstreams = { afterMs: 3_000, reply: address(2) };
    expect(await ask()).toBe('stale after 1800 ms: NOERROR | www.example.com A 30 192.0.2.1');
    await clock.advance(1_300);
    expect(await ask()).toContain('cached after 0 ms: NOERROR | www.example.com A 100 192.0.2.2');
    expect(asked).toBe(2);
  });

  test('are used at once after a failure, for 30 s without asking', async () => {
    await ask();
    await clock.advance(101_000);
    upstreams.reply = SERVFAIL;
    expect(await ask()).toBe('stale after 10 ms: NOERROR | www.example.com A 30 192.0.2.1');
    for (let n = 0; n < 5; n += 1) {
      expect(await ask()).toBe('stale after 0 ms: NOERROR | www.example.com A 30 192.0.2.1');
      await clock.advance(5_000);
    }
    expect(asked).toBe(2);
    await clock.advance(6_000);
    upstreams.reply = address(2);
    expect(await ask()).toBe('forwarded after 10 ms: NOERROR | www.example.com A 100 192.0.2.2');
    expect(cache.stats().stale).toBe(6);
  });

  test('are replaced by a negative answer', async () => {
    await ask();
    await clock.advance(101_000);
    upstreams.reply = replyOf({ rcode: 'NXDOMAIN', authorities: ['example.com SOA 60 60'] });
    expect(await ask()).toContain('forwarded after 10 ms: NXDOMAIN');
    expect(await ask()).toContain('cached after 0 ms: NXDOMAIN');
  });

  test('are not used after the maximum age, here an hour', async () => {
    await ask();
    dead();
    await clock.advance(100_000 + 3_600_000);
    expect(await ask()).toMatch(/^nothing/);
  });
});
