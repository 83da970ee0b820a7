import { expect, test } from 'vitest';
import { createBook } from '../../../dns/upstream/book.ts';
import type { Converse } from '../../../dns/upstream/conversation.ts';
import { createLoops } from '../../../dns/upstream/loops.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createLogLines } from '../../support/log-lines.ts';

const NXDOMAIN = Buffer.from([0, 0, 0x80, 3, 0, 0, 0, 0, 0, 0, 0, 0]);

function setUp() {
  const clock = createFakeClock();
  const { log, lines } = createLogLines();
  const stop = new AbortController();
  const probes: string[] = [];
  let leadsBack = false;
  let answers = true;
  const converse: Converse = ({ name }, { upstream }) => {
    probes.push(`${upstream.address} at ${Math.round(clock.monotonic() / 1_000)} s`);
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    if (leadsBack) expect(loops.saw(name)).toBe(true);
    if (answers) resolve(NXDOMAIN);
    return { reply: promise, quieten: () => undefined, end: () => resolve(null) };
  };
  const book = createBook({ clock });
  const loops = createLoops({ converse, book, clock, log }, stop.signal);
  const use = (address = '10.0.0.1') => loops.leadsBack({ address, port: 53 });
  const lead = (back: boolean, talks = true) => {
    [leadsBack, answers] = [back, talks];
  };
  /** As long as it is in use it is asked about. */
  const pass = async (seconds: number) => {
    for (let n = 0; n < seconds; n += 10) {
      use();
      await clock.advance(10_000);
    }
  };
  return { clock, lines, stop, probes, loops, book, use, lead, pass };
}

test('probed when it is new, every five minutes as long as it is good and in use, and no more when it is not', async () => {
  const { probes, pass, clock, loops } = setUp();
  await pass(590);
  expect(probes).toEqual(['10.0.0.1 at 0 s', '10.0.0.1 at 300 s']);
  await clock.advance(3_600_000);
  expect(probes.length).toBeLessThanOrEqual(3);
  expect(loops.found()).toEqual([]);
});

test('one that leads back is told once, probed every half minute, and used again when it does not', async () => {
  const { probes, pass, clock, loops, use, lead, lines } = setUp();
  lead(true);
  expect(use()).toBe(false);
  const epoch = loops.epoch();
  await clock.advance(0);
  expect([use(), loops.found()]).toEqual([true, ['10.0.0.1:53']]);
  expect(loops.epoch()).toBeGreaterThan(epoch);
  await pass(120);
  expect(probes.length).toBeGreaterThanOrEqual(4);
  // Silence says nothing about where it leads.
  lead(false, false);
  await pass(60);
  expect(use()).toBe(true);
  lead(false);
  await pass(40);
  expect(use()).toBe(false);
  expect(lines).toEqual([
    'warn this upstream resolver leads back to us; it is left out until it does not',
    'info this upstream resolver no longer leads back to us',
  ]);
});

test('one that has become silent is looked into again at once: it may lead back since then', async () => {
  const { pass, use, lead, book } = setUp();
  await pass(20);
  lead(true);
  book.page({ address: '10.0.0.1', port: 53 }).unreachable();
  await pass(40);
  expect(use()).toBe(true);
});

test('a name that was never sent is no probe; closing ends all', async () => {
  const { loops, stop, clock, probes, use } = setUp();
  use();
  await clock.advance(0);
  expect(loops.saw('\x03www\x07example\x00')).toBe(false);
  stop.abort();
  expect(use('10.0.0.2')).toBe(false);
  await clock.advance(3_600_000);
  expect(probes).toHaveLength(1);
  expect(clock.sleepers()).toBe(0);
});
