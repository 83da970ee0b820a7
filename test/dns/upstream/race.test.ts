import { beforeEach, describe, expect, test } from 'vitest';
import { createAlarms } from '../../../dns/upstream/alarms.ts';
import { type Book, createBook } from '../../../dns/upstream/book.ts';
import type { Converse } from '../../../dns/upstream/conversation.ts';
import { runRace } from '../../../dns/upstream/race.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { asked, replyOf, textOf } from './messages.ts';

/** What an upstream says, and after how many milliseconds; silence for ever without. */
interface Script {
  readonly afterMs: number;
  readonly reply: Buffer | null;
}

const positive = (last: number) => replyOf({ answers: [`www.example.com A 300 192.0.2.${last}`] });
const NXDOMAIN = replyOf({ rcode: 'NXDOMAIN', authorities: ['example.com SOA 60 60'] });
const SERVFAIL = replyOf({ rcode: 'SERVFAIL' });
const QUESTION = asked('www.example.com');

let clock: FakeClock;
let book: Book;
let scripts: Map<string, Script>;
/** `10.0.0.1 at 0`, in order. */
let asks: string[];

beforeEach(() => {
  clock = createFakeClock();
  book = createBook({ clock });
  scripts = new Map();
  asks = [];
});

const page = (n: number) => book.page({ address: `10.0.0.${n}`, port: 53 });
const says = (n: number, afterMs: number, reply: Buffer | null) => void scripts.set(`10.0.0.${n}`, { afterMs, reply });

/** Plays an upstream: the real thing but for the network. */
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
  const alarms = createAlarms({ clock }, new AbortController().signal);
  const race = runRace({ converse, alarms, clock }, { timeoutMs: 3_500 }, QUESTION, upstreams.map(page));
  let done = -1;
  const reply = race.reply.then((found) => {
    done = clock.monotonic();
    return found;
  });
  while (done < 0) await clock.advance(1);
  const found = await reply;
  return { text: found ? textOf(found) : 'nothing', ms: done - started };
}

/** Lets what is still listened for end. */
const settle = () => clock.advance(3_000);

describe('the usual', () => {
  test('the first one is asked, and nobody else', async () => {
    says(1, 20, positive(1));
    says(2, 1, positive(2));
    expect(await run(1, 2)).toEqual({ text: 'NOERROR | www.example.com A 300 192.0.2.1', ms: 20 });
    expect(asks).toEqual(['10.0.0.1 at 0']);
  });

  test('a failure calls for the next at once', async () => {
    says(1, 5, SERVFAIL);
    says(2, 5, null);
    says(3, 5, positive(3));
    expect(await run(1, 2, 3)).toMatchObject({ text: expect.stringContaining('192.0.2.3'), ms: 15 });
  });

  test('all refuse: what the first one said, at once; all are silent: nothing, when the client would give up', async () => {
    for (const n of [1, 2]) says(n, 5, SERVFAIL);
    expect(await run(1, 2)).toEqual({ text: 'SERVFAIL', ms: 10 });
    scripts.clear();
    expect(await run(1, 2)).toEqual({ text: 'nothing', ms: 3_500 });
  });

  test('one refuses, the others are silent: they get one second', async () => {
    says(2, 5, SERVFAIL);
    const { text, ms } = await run(1, 2, 3);
    expect(text).toBe('SERVFAIL');
    expect(ms).toBeLessThan(1_800);
  });
});

describe('Q29: slow and dead ones', () => {
  test('the next is asked after the usual time of the one before', async () => {
    says(1, 10, positive(1));
    says(2, 10, positive(2));
    for (let n = 0; n < 40; n += 1) await run(1, 2);
    says(1, 2_000, positive(1));
    const { ms } = await run(1, 2);
    // 25 ms is the least; alarms ring every 10 ms.
    expect(ms).toBeGreaterThanOrEqual(35);
    expect(ms).toBeLessThanOrEqual(50);
  });

  test('one that is always slow is not asked twice for it', async () => {
    says(1, 120, positive(1));
    says(2, 1, positive(2));
    for (let n = 0; n < 40; n += 1) await run(1);
    await run(1, 2);
    expect(asks).toHaveLength(1);
  });

  test.each([2, 3, 5, 8])('%i dead ones before a good one cost less than a second, and then nothing', async (dead) => {
    const all = Array.from({ length: dead + 1 }, (_, n) => n + 1);
    says(dead + 1, 5, positive(9));
    expect((await run(...all)).ms).toBeLessThan(1_000);
    await settle();
    expect((await run(...all)).ms).toBeLessThanOrEqual(10);
    expect(asks).toHaveLength(1);
  });

  test('a dead one is tried with a real question every ten seconds, at no cost, and is back when it answers', async () => {
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

  test('when all were dead for a minute, the first that is back answers at once', async () => {
    for (let n = 0; n < 10; n += 1) {
      await run(1, 2);
      await clock.advance(3_000);
    }
    says(1, 5, positive(1));
    expect((await run(1, 2)).ms).toBeLessThanOrEqual(100);
  });

  test('a late reply clears a suspect: slow for one name is not dead', async () => {
    says(1, 600, positive(1));
    says(2, 5, positive(2));
    expect((await run(1, 2)).text).toContain('192.0.2.2');
    await clock.advance(300);
    await settle();
    expect(page(1).isSuspect()).toBe(false);
  });

  test('one that answers others is no suspect', async () => {
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

describe('who may say "no"', () => {
  test('a "no" of a later one waits for the one before, which may know more; a "yes" does not', async () => {
    says(1, 300, positive(1));
    says(2, 5, NXDOMAIN);
    expect((await run(1, 2)).text).toContain('192.0.2.1');
    says(2, 5, positive(2));
    expect((await run(1, 2)).text).toContain('192.0.2.2');
  });

  test('it does not wait for the dead', async () => {
    says(2, 5, NXDOMAIN);
    const first = await run(1, 2);
    expect(first.text).toMatch(/^NXDOMAIN/);
    expect(first.ms).toBeLessThan(450);
    await settle();
    expect((await run(1, 2)).ms).toBeLessThanOrEqual(10);
  });

  test('the "no" of the first one is final', async () => {
    says(1, 5, NXDOMAIN);
    says(2, 1, positive(2));
    expect(await run(1, 2)).toMatchObject({ text: expect.stringMatching(/^NXDOMAIN/), ms: 5 });
  });

  test('a refusal of the first and a "no" of the second: no', async () => {
    says(1, 5, SERVFAIL);
    says(2, 5, NXDOMAIN);
    expect((await run(1, 2)).text).toMatch(/^NXDOMAIN/);
  });
});
