import { afterAll, expect, test } from 'vitest';
import { createGoneHosts } from '../../agent/control/gone-hosts.ts';
import { createMemoryStore } from '../../bus/index.ts';
import { systemClock } from '../../system/index.ts';
import { viewOf } from '../../view/index.ts';
import { host, snapshot } from '../view/world.ts';

const store = createMemoryStore({ clock: systemClock }, { leaseTtlMs: 60_000 });
const bus = store.connect({ environment: 'default' });
afterAll(async () => {
  await bus.close();
  await store.close();
});

test('subnets of gone hosts are listed and released; those of present hosts are not', async () => {
  const view = viewOf(snapshot({ hosts: [host('a'), host('b')] }), 'a');
  const gone = createGoneHosts(bus, () => view);
  for (const [hostId, subnet] of [
    ['a', '10.42.1.0_24'],
    ['b', '10.42.2.0_24'],
    ['c', '10.42.3.0_24'],
    ['c', '10.42.4.0_24'],
  ]) {
    await bus.put(`subnet/${subnet}`, { hostId: hostId as string, claimedAtMs: 1 });
  }
  await bus.put('subnet/rubbish', null);
  await bus.put('liveness/c', { state: 'down', incarnation: 1, by: 'a' });

  expect(await gone.list()).toEqual([
    { hostId: 'c', subnet: '10.42.3.0/24' },
    { hostId: 'c', subnet: '10.42.4.0/24' },
  ]);
  expect(await gone.forget('b')).toMatchObject({ ok: false, problem: { what: 'is in the environment' } });
  expect(await gone.forget('nobody')).toMatchObject({ ok: false, problem: { what: 'has no subnet' } });
  expect(await gone.forget('c')).toEqual({ ok: true, value: ['10.42.3.0/24', '10.42.4.0/24'] });
  expect([...(await bus.list('')).keys()].sort()).toEqual([
    'subnet/10.42.1.0_24',
    'subnet/10.42.2.0_24',
    'subnet/rubbish',
  ]);
});

test('no host counts as gone before the first complete snapshot (Q8)', async () => {
  const view = viewOf({ ...snapshot({ hosts: [host('a')] }), complete: false }, 'a');
  expect(await createGoneHosts(bus, () => view).forget('b')).toMatchObject({ ok: false });
});
