import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../model/index.ts';
import { createStateStore, type Mirror, openMirror, readMirror, type SavedPicture } from '../../state/index.ts';
import { createLog } from '../../system/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { container, declaration, delta, environment, factMap, host, hostFacts } from './facts.ts';

const log = createLog('test', { level: 'silent', format: 'json' });
const options = { environment, hostId: 'self' };
let resources: Resources;
let dir: string;
let path: string;

beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), 'drover-state-'));
  path = join(dir, 'mirror.db');
  resources.add(dir, () => rm(dir, { recursive: true }));
});
afterEach(() => resources.close());

function open(): Mirror {
  const mirror = openMirror(path);
  resources.add('mirror', () => mirror.close());
  return mirror;
}

describe('createStateStore()', () => {
  test('calls subscribers for changes only, also when one of them throws', () => {
    const store = createStateStore({ mirror: null, log }, options);
    const seen: Snapshot[] = [];
    store.subscribe(() => {
      throw new Error('not me');
    });
    const leave = store.subscribe((snapshot) => seen.push(snapshot));
    store.apply(delta({ a: hostFacts('a', 2) }));
    store.apply(delta({ a: hostFacts('a', 2) }));
    expect(seen).toEqual([store.current()]);
    leave();
    store.apply(delta({ a: null }));
    expect(seen).toHaveLength(1);
    expect(store.current().revision).toBe(2);
  });

  test('replaceHost() removes missing facts and ends the problems of facts that are removed or good again', () => {
    const store = createStateStore({ mirror: null, log }, options);
    store.replaceHost('self', factMap(hostFacts('self', 3)));
    const before = store.current().hosts.get('self')?.containers.get('selfc0');
    const bad = { ...hostFacts('self', 1), 'container/selfc0': 'bad', 'container/bad': 1 };
    store.replaceHost('self', factMap(bad));
    expect(store.problems()).toHaveLength(2);
    const containers = store.current().hosts.get('self')?.containers;
    expect([...(containers?.keys() ?? [])]).toEqual(['selfc0']);
    expect(containers?.get('selfc0')).toBe(before);
    const { revision } = store.current();
    store.replaceHost('self', factMap(hostFacts('self', 1)));
    expect(store.problems()).toEqual([]);
    expect(store.current().revision).toBe(revision);
  });

  test('starts from disk, stale until the bus has been read completely', async () => {
    const clock = createFakeClock();
    const first = createStateStore({ mirror: open(), log, clock }, options);
    first.apply({ ...delta({ a: hostFacts('a', 2) }, { 'service/s/w': declaration('s', 'w') }), complete: true });
    const saving = first.close();
    await clock.advance(1000);
    await saving;
    await clock.advance(60_000);

    const store = createStateStore({ mirror: open(), log, clock }, options);
    resources.add('store', () => store.close());
    expect(store.current()).toEqual(first.current());
    expect(store.staleSinceMs()).toBe(clock.now() - 61_000);
    let told = 0;
    store.subscribe(() => {
      told += 1;
    });
    store.apply({ ...delta({}), complete: true });
    expect(store.staleSinceMs()).toBeNull();
    expect(told).toBe(1);
  });

  test('does not load the state of another host or environment', async () => {
    const first = createStateStore({ mirror: open(), log }, options);
    first.apply({ ...delta({ a: hostFacts('a', 2) }), complete: true });
    await first.close();
    for (const other of [
      { ...options, hostId: 'b' },
      { ...options, environment: { ...environment, name: 'x' } },
    ]) {
      const store = createStateStore({ mirror: open(), log }, other);
      expect(store.current().hosts.size).toBe(0);
      expect(store.current().complete).toBe(false);
      store.apply(delta({ [other.hostId]: { host: host(other.hostId) } }));
      await store.close();
      expect([...(readMirror(path).saved?.picture.hosts.keys() ?? [])]).toEqual([other.hostId]);
    }
  });

  test('Q34: the last good value of a malformed fact survives a cold restart', async () => {
    const first = createStateStore({ mirror: open(), log }, options);
    first.apply(delta({ a: hostFacts('a', 3) }, { 'service/s/w': declaration('s', 'w') }));
    first.apply(delta({ a: { 'container/ac1': { half: true } } }, { 'service/s/w': 'broken' }));
    await first.close();
    const store = createStateStore({ mirror: open(), log }, options);
    expect(store.current().hosts.get('a')?.containers.get('ac1')).toEqual(container('a', 'ac1'));
    expect(store.current().declarations.has('s/w')).toBe(true);
    await store.close();
  });

  test('a disk that cannot be written is one problem; the state is saved later', async () => {
    const clock = createFakeClock();
    let full = true;
    const saves: SavedPicture[] = [];
    const mirror: Mirror = {
      load: () => null,
      save: (saved) => {
        if (full) throw new Error('database or disk is full');
        saves.push(saved);
      },
      problems: () => [],
      close: () => {},
    };
    const store = createStateStore({ mirror, log, clock }, options);
    store.apply(delta({ a: hostFacts('a', 1) }));
    await clock.advance(1000);
    expect(store.problems().map(({ what }) => what)).toEqual([expect.stringContaining('full')]);
    full = false;
    await clock.advance(5000);
    expect(store.problems()).toEqual([]);
    expect(saves.map(({ picture }) => picture)).toEqual([store.picture()]);
    await store.close();
    expect(clock.sleepers()).toBe(0);
  });

  test('a burst of changes is saved in few transactions', async () => {
    const clock = createFakeClock();
    const mirror = open();
    let saves = 0;
    const save: Mirror['save'] = (saved) => {
      saves += 1;
      mirror.save(saved);
    };
    const counting: Mirror = { ...mirror, save };
    const store = createStateStore({ mirror: counting, log, clock }, options);
    for (let n = 0; n < 1000; n += 1) {
      store.apply(delta({ a: { [`container/c${n % 50}`]: container('a', `c${n % 50}`, { startCount: n }) } }));
      if (n % 10 === 0) await clock.advance(1);
    }
    await clock.advance(1000);
    expect(saves).toBeLessThan(5);
    expect(readMirror(path).saved?.picture).toEqual(store.picture());
    await store.close();
  });
});
