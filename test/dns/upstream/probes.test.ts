import { expect, test } from 'vitest';
import { createLoops } from '../../../dns/upstream/choice/loops.ts';
import type { Converse } from '../../../dns/upstream/exchange/conversation.ts';
import { createStatistics } from '../../../dns/upstream/exchange/statistics.ts';
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
  const statistics = createStatistics({ clock });
  const loops = createLoops({ converse, statistics, clock, log }, stop.signal);
  const use = (address = '10.0.0.1') => loops.leadsBack({ address, port: 53 });
  const lead = (back: boolean, talks = true) => {
    [leadsBack, answers] = [back, talks];
  };
  /** An upstream in use is looked up each epoch. */
  const pass = async (seconds: number) => {
    for (let n = 0; n < seconds; n += 10) {
      use();
      await clock.advance(10_000);
    }
  };
  return { clock, lines, stop, probes, loops, statistics, use, lead, pass };
}

test('an upstream is probed when it is new, then every five minutes while it is good and in use', async () => {
  const { probes, pass, clock, loops } = setUp();
  await pass(590);
  expect(probes).toEqual(['10.0.0.1 at 0 s', '10.0.0.1 at 300 s']);
  await clock.advance(3_600_000);
  expect(probes.length).toBeLessThanOrEqual(3);
  expect(loops.found()).toEqual([]);
});

test('an upstream that leads back is logged once, probed every 30 s, and used again when it no longer does', async () => {
  const { probes, pass, clock, loops, use, lead, lines } = setUp();
  lead(true);
  expect(use()).toBe(false);
  const epoch = loops.epoch();
  await clock.advance(0);
  expect([use(), loops.found()]).toEqual([true, ['10.0.0.1:53']]);
  expect(loops.epoch()).toBeGreaterThan(epoch);
  await pass(120);
  expect(probes.length).toBeGreaterThanOrEqual(4);
  // Silence does not show where the upstream forwards to.
  lead(false, false);
  await pass(60);
  expect(use()).toBe(true);
  lead(false);
  await pass(40);
  expect(use()).toBe(false);
  expect(lines).toEqual([
    'warn upstream resolver forwards back to this server; it is not used until that changes',
    'info upstream resolver no longer forwards back to this server',
  ]);
});

test('an upstream that became silent is probed again at once: it may lead back since then', async () => {
  const { pass, use, lead, statistics } = setUp();
  await pass(20);
  lead(true);
  statistics.of({ address: '10.0.0.1', port: 53 }).unreachable();
  await pass(40);
  expect(use()).toBe(true);
});

test('a name that was never sent is not a probe; close() ends all probes', async () => {
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
