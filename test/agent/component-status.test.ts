import { afterEach, beforeEach, expect, test } from 'vitest';
import { listHosts } from '../../agent/control/listing.ts';
import { componentStatusPart } from '../../agent/parts/component-status.ts';
import type { JsonValue } from '../../model/index.ts';
import type { ReconcilerStatus } from '../../reconcile/index.ts';
import { viewOf } from '../../view/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { host, snapshot } from '../view/world.ts';

const OK: ReconcilerStatus = {
  name: 'port-guard',
  lastAppliedRevision: 1,
  lastAppliedAtMs: 1,
  lastAppliedTickMs: 1,
  lastError: null,
  problems: [],
  pending: [],
  held: [],
};
const broken = { subject: 'port-guard', what: 'nft: not permitted', hint: 'run the agent as root' };

let clock: FakeClock;
let stop: AbortController;
let running: Promise<void>;
let status: ReconcilerStatus;
let written: [string, JsonValue | null][];

beforeEach(() => {
  clock = createFakeClock(0);
  stop = new AbortController();
  status = OK;
  written = [];
  const facts = { set: (key: string, value: JsonValue | null) => void written.push([key, value]) };
  const part = componentStatusPart({ facts, statuses: () => [status], clock });
  running = part(stop.signal, { done: () => {}, problems: () => {} });
});
afterEach(async () => {
  stop.abort();
  await running;
});

test('the status of a component is a fact with its problems and the start of its state', async () => {
  await clock.advance(10_000);
  expect(written).toEqual([
    ['status/port-guard', { component: 'port-guard', state: 'ok', problems: [], sinceMs: 10_000 }],
  ]);
  status = { ...OK, lastError: broken };
  await clock.advance(20_000);
  const failing = { component: 'port-guard', state: 'failing', problems: [broken], sinceMs: 20_000 };
  expect(written.slice(1).map(([, value]) => value)).toEqual([failing, failing]);
  status = { ...OK, held: ['delete route'] };
  await clock.advance(10_000);
  expect(written.at(-1)?.[1]).toMatchObject({ state: 'held', sinceMs: 40_000 });
});

test('a component that changes all the time is written once every 10 s', async () => {
  for (let ms = 0; ms < 30_000; ms += 100) {
    status = { ...OK, lastError: { ...broken, what: `attempt ${ms}` } };
    await clock.advance(100);
  }
  expect(written).toHaveLength(3);
});

test('drover hosts names the failing components of another host', () => {
  const world = snapshot({ hosts: [host('a'), host('b')] });
  const fact = { component: 'port-guard', state: 'failing', problems: [broken], sinceMs: 1 };
  const fine = { component: 'managed-routing', state: 'ok', problems: [], sinceMs: 1 };
  const facts = new Map([
    ['status', new Map<string, unknown>(Object.entries({ 'port-guard': fact, 'managed-routing': fine }))],
  ]);
  const b = world.hosts.get('b');
  const hosts = new Map([...world.hosts, ['b', { ...b, facts } as never]]);
  const rows = listHosts(viewOf({ ...world, hosts }, 'a'));
  expect(rows.map(({ id, failing }) => [id, failing])).toEqual([
    ['a', []],
    ['b', ['port-guard']],
  ]);
});
