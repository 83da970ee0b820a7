import { beforeEach, describe, expect, test } from 'vitest';
import type { Converse } from '../../../dns/upstream/exchange/conversation.ts';
import { createStatistics, type Statistics } from '../../../dns/upstream/exchange/statistics.ts';
import { runRace } from '../../../dns/upstream/race.ts';
import { createTimerWheel } from '../../../system/index.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { asked, replyOf, textOf } from './messages.ts';

/** The reply of an upstream and its delay; an upstream without a script is silent. */
interface Script {
  readonly afterMs: number;
  readonly reply: Buffer | null;
}

const positive = (last: number) => replyOf({ answers: [`www.example.com A 300 192.0.2.${last}`] });
const NXDOMAIN = replyOf({ rcode: 'NXDOMAIN', authorities: ['example.com SOA 60 60'] });
const SERVFAIL = replyOf({ rcode: 'SERVFAIL' });
const QUESTION = asked('www.example.com');

let clock: FakeClock;
let statistics: Statistics;
let scripts: Map<string, Script>;
/** `10.0.0.1 at 0`, in order. */
let asks: string[];

beforeEach(() => {
  clock = createFakeClock();
  statistics = createStatistics({ clock });
  scripts = new Map();
  asks = [];
});

const page = (n: number) => statistics.of({ address: `10.0.0.${n}`, port: 53 });
const says = (n: number, afterMs: number, reply: Buffer | null) => void scripts.set(`10.0.0.${n}`, { afterMs, reply });

/** Simulates an upstream. */
const converse: Converse = (_question, { upstream, replied }) => {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>();
  const stop = new AbortController();
  const started = clock.monotonic();
  asks.push(`${upstream.address} at ${started}`);
  const script = scripts.get(upstream.address);
  if (script) {
    void clock.sleep(script.afterMs, stop.signal).then(
      () => {
        if (script.reply) replied(script.afterMs);
        resolve(script.reply);
      },
      () => undefined,
    );
  }
  const end = () => {
    stop.abort();
    resolve(null);
  };
  return { reply: promise, quieten: () => undefined, end };
};

async function run(...upstreams: readonly number[]): Promise<{ readonly text: string; readonly ms: number }> {
  const started = clock.monotonic();
  asks = [];
  const timers = createTimerWheel(clock);
  const race = runRace({ converse, timers, clock }, { timeoutMs: 3_500 }, QUESTION, upstreams.map(page));
  let done = -1;
  const reply = race.reply.then((found) => {
    done = clock.monotonic();
    return found;
  });
  while (done < 0) await clock.advance(1);
  const found = await reply;
  return { text: found ? textOf(found) : 'nothing', ms: done - started };
}

/** Waits until late replies are no longer accepted. */
const settle = () => clock.advance(3_000);

describe('the usual case', () => {
  test('only the first upstream is asked', async () => {
    says(1, 20, positive(1));
    says(2, 1, positive(2));
    expect(await run(1, 2)).toEqual({ text: 'NOERROR | www.example.com A 300 192.0.2.1', ms: 20 });
    expect(asks).toEqual(['10.0.0.1 at 0']);
  });

  test('after a failure the next is asked at once', async () => {
    says(1, 5, SERVFAIL);
    says(2, 5, null);
    says(3, 5, positive(3));
    expect(await run(1, 2, 3)).toMatchObject({ text: expect.stringContaining('192.0.2.3'), ms: 15 });
  });

  test('all refuse: the first refusal at once; all are silent: no reply after 3.5 s', async () => {
    for (const n of [1, 2]) says(n, 5, SERVFAIL);
    expect(await run(1, 2)).toEqual({ text: 'SERVFAIL', ms: 10 });
    scripts.clear();
    expect(await run(1, 2)).toEqual({ text: 'nothing', ms: 3_500 });
  });

  test('an upstream that replies with errors is a suspect that refuses; one that cannot be reached does not refuse', async () => {
    const state = () => {
      const { suspectForMs, refuses } = page(1).report();
      return [suspectForMs !== null, refuses];
    };
    says(1, 5, SERVFAIL);
    for (let query = 0; query < 3; query += 1) await run(1);
    expect(state()).toEqual([true, true]);
    page(1).unreachable();
    expect(state()).toEqual([true, false]);
    says(1, 5, positive(1));
    await run(1);
    expect(state()).toEqual([false, false]);
  });

  test('one refuses, the others are silent: they get one second', async () => {
    says(2, 5, SERVFAIL);
    const { text, ms } = await run(1, 2, 3);
    expect(text).toBe('SERVFAIL');
    expect(ms).toBeLessThan(1_800);
  });
});

describe('Q29: slow and unreachable upstreams', () => {
  test('the next is asked after the usual time of the one before', async () => {
    says(1, 10, positive(1));
    says(2, 10, positive(2));
    for (let n = 0; n < 40; n += 1) await run(1, 2);
    says(1, 2_000, positive(1));
    const { ms } = await run(1, 2);
    // 25 ms is the minimum; timers fire every 10 ms.
    expect(ms).toBeGreaterThanOrEqual(35);
    expect(ms).toBeLessThanOrEqual(50);
  });

  test('a slow upstream is given its usual time', async () => {
    says(1, 120, positive(1));
    says(2, 1, positive(2));
    for (let n = 0; n < 40; n += 1) await run(1);
    await run(1, 2);
    expect(asks).toHaveLength(1);
  });

  test.each([2, 3, 5, 8])(
    '%i unreachable upstreams before a good one cost less than a second, later nothing',
    async (dead) => {
      const all = Array.from({ length: dead + 1 }, (_, n) => n + 1);
      says(dead + 1, 5, positive(9));
      expect((await run(...all)).ms).toBeLessThan(1_000);
      await settle();
      expect((await run(...all)).ms).toBeLessThanOrEqual(10);
      expect(asks).toHaveLength(1);
    },
  );

  test('an unreachable upstream gets a real query every ten seconds at no cost, and is used again when it answers', async () => {
    says(2, 5, positive(2));
    await run(1, 2);
    await settle();
    for (let n = 0; n < 20; n += 1) {
      expect((await run(1, 2)).ms).toBeLessThanOrEqual(10);
      await clock.advance(1_000);
    }
    says(1, 5, positive(1));
    await clock.advance(10_000);
    await run(1, 2);
    expect(asks).toHaveLength(2);
    await settle();
    expect((await run(1, 2)).text).toContain('192.0.2.1');
    expect(asks).toHaveLength(1);
  });

  test('after a minute with all unreachable, the first that returns answers at once', async () => {
    for (let n = 0; n < 10; n += 1) {
      await run(1, 2);
      await clock.advance(3_000);
    }
    says(1, 5, positive(1));
    expect((await run(1, 2)).ms).toBeLessThanOrEqual(100);
  });

  test('a late reply clears a suspect: slow for one name does not mean unreachable', async () => {
    says(1, 600, positive(1));
    says(2, 5, positive(2));
    expect((await run(1, 2)).text).toContain('192.0.2.2');
    await clock.advance(300);
    await settle();
    expect(page(1).isSuspect()).toBe(false);
  });

  test('an upstream that answers other queries is not a suspect', async () => {
    says(1, 5, positive(1));
    says(2, 5, positive(2));
    await run(1, 2);
    scripts.delete('10.0.0.1');
    const race = run(1, 2);
    await race;
    page(1).replied(5);
    await settle();
    expect(page(1).isSuspect()).toBe(false);
  });
});

describe('negative answers', () => {
  test('a negative answer of a later upstream waits for the preferred one; a positive answer does not', async () => {
    says(1, 300, positive(1));
    says(2, 5, NXDOMAIN);
    expect((await run(1, 2)).text).toContain('192.0.2.1');
    says(2, 5, positive(2));
    expect((await run(1, 2)).text).toContain('192.0.2.2');
  });

  test('it does not wait for unreachable upstreams', async () => {
    says(2, 5, NXDOMAIN);
    const first = await run(1, 2);
    expect(first.text).toMatch(/^NXDOMAIN/);
    expect(first.ms).toBeLessThan(450);
    await settle();
    expect((await run(1, 2)).ms).toBeLessThanOrEqual(10);
  });

  test('a negative answer of the first upstream is final', async () => {
    says(1, 5, NXDOMAIN);
    says(2, 1, positive(2));
    expect(await run(1, 2)).toMatchObject({ text: expect.stringMatching(/^NXDOMAIN/), ms: 5 });
  });

  test('the first refuses, the second is negative: negative', async () => {
    says(1, 5, SERVFAIL);
    says(2, 5, NXDOMAIN);
    expect((await run(1, 2)).text).toMatch(/^NXDOMAIN/);
  });
});
