import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bus, BusBatch } from '../../bus/index.ts';
import { createMemoryStore } from '../../bus/index.ts';
import type { JsonValue, Snapshot } from '../../model/index.ts';
import {
  createStateStore,
  followBus,
  type Mirror,
  openMirror,
  readMirror,
  type SavedPicture,
} from '../../state/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { container, declaration, delta, environment, host, hostFacts, wired } from './facts.ts';

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

function factMap(facts: Readonly<Record<string, unknown>>): ReadonlyMap<string, JsonValue> {
  return new Map(Object.entries(facts).map(([key, value]) => [key, wired(value)]));
}

describe('createStateStore()', () => {
  test('tells subscribers of changes only, also when one of them throws', () => {
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

  test('replaceHost() removes what is missing and ends problems of facts that have gone or are good again', () => {
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

  test('starts from disk, stale until a complete picture has come', async () => {
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

  test('does not take over the state of another host or environment', async () => {
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

  test('Q34: a fact that is malformed keeps its last good value over a cold restart', async () => {
    const first = createStateStore({ mirror: open(), log }, options);
    first.apply(delta({ a: hostFacts('a', 3) }, { 'service/s/w': declaration('s', 'w') }));
    first.apply(delta({ a: { 'container/ac1': { half: true } } }, { 'service/s/w': 'broken' }));
    await first.close();
    const store = createStateStore({ mirror: open(), log }, options);
    expect(store.current().hosts.get('a')?.containers.get('ac1')).toEqual(container('a', 'ac1'));
    expect(store.current().declarations.has('s/w')).toBe(true);
    await store.close();
  });

  test('a disk that refuses is one problem; it is saved later', async () => {
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

describe('openMirror()', () => {
  const picture = (facts: Readonly<Record<string, unknown>>) => ({
    hosts: new Map([['a', factMap(facts)]]),
    documents: new Map<string, JsonValue>([['service/s/w', { any: 1 }]]),
    complete: true,
  });
  const saved = (facts: Readonly<Record<string, unknown>>): SavedPicture => ({
    ...options,
    revision: 7,
    picture: picture(facts),
    savedAtMs: 1234.5,
  });

  test('gives back what was saved, also to another reader meanwhile', () => {
    const mirror = open();
    expect(mirror.load()).toBeNull();
    mirror.save(saved({ x: 1, y: { deep: [null, 'ü'] } }));
    mirror.save(saved({ y: { deep: [null, 'ü'] }, z: 3 }));
    expect(readMirror(path)).toEqual({ saved: saved({ y: { deep: [null, 'ü'] }, z: 3 }), problem: null });
    mirror.close();
    mirror.close();
    expect(open().load()).toEqual(saved({ y: { deep: [null, 'ü'] }, z: 3 }));
  });

  test('writes what changed and nothing else', () => {
    const mirror = open();
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`container/${n}`, { n }]));
    mirror.save(saved(facts));
    const witness = new DatabaseSync(path);
    resources.add('witness', () => witness.close());
    witness.exec(`CREATE TABLE touched (key TEXT);
      CREATE TRIGGER t1 AFTER INSERT ON fact BEGIN INSERT INTO touched VALUES (new.key); END;
      CREATE TRIGGER t2 AFTER DELETE ON fact BEGIN INSERT INTO touched VALUES (old.key); END`);
    mirror.save(saved({ ...facts, 'container/7': { n: 'new' } }));
    expect(witness.prepare('SELECT DISTINCT key FROM touched').all()).toEqual([{ key: 'container/7' }]);
  });

  const page = 4096;
  const damage: readonly [string, (bytes: Buffer) => Buffer][] = [
    ['noise', () => Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 7919) % 251))],
    ['a broken head', (bytes) => Buffer.concat([Buffer.alloc(100, 0xff), bytes.subarray(100)])],
    ['pages of zeros', (bytes) => Buffer.concat([bytes.subarray(0, page), Buffer.alloc(bytes.length - page)])],
    ['half a file', (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2))],
    [
      'values that are no JSON',
      (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('{"n":', '<"n":'), 'latin1'),
    ],
  ];

  test.each(damage)('%s: moved aside with a problem, and a new one is begun', async (_what, spoil) => {
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`container/${n}`, { n }]));
    const first = open();
    first.save(saved(facts));
    first.close();
    const bytes = spoil(await readFile(path));
    await writeFile(path, bytes);
    expect(readMirror(path)).toEqual({ saved: null, problem: expect.objectContaining({ subject: path }) });
    const mirror = open();
    expect(mirror.load()).toBeNull();
    expect(mirror.problems().map(({ subject }) => subject)).toEqual([path]);
    expect((await stat(`${path}.damaged`)).size).toBe(bytes.length);
    mirror.save(saved(facts));
    mirror.close();
    expect(open().load()).toEqual(saved(facts));
  });

  test('a format of another version is moved aside too', () => {
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const mirror = open();
    expect(mirror.load()).toBeNull();
    expect(mirror.problems()[0]?.what).toContain('format 99');
  });

  test('a file that goes bad while it is in use is begun again, whole', async () => {
    const mirror = open();
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`container/${n}`, { n }]));
    mirror.save(saved(facts));
    const witness = new DatabaseSync(path);
    witness.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    witness.close();
    await writeFile(path, Buffer.alloc((await stat(path)).size, 0x5a));
    mirror.save(saved({ ...facts, 'container/3': 'new' }));
    expect(mirror.problems()).toHaveLength(1);
    expect(readMirror(path).saved).toEqual(saved({ ...facts, 'container/3': 'new' }));
  });

  test('a place where nothing can be written is a problem, not a crash', async () => {
    await writeFile(join(dir, 'file'), '');
    const mirror = openMirror(join(dir, 'file', 'mirror.db'));
    expect(mirror.load()).toBeNull();
    expect(mirror.problems()).toHaveLength(1);
    expect(() => mirror.save(saved({}))).toThrow();
    mirror.close();
    await chmod(join(dir, 'file'), 0o600);
    expect(readMirror(join(dir, 'none.db'))).toEqual({ saved: null, problem: null });
  });
});

describe('followBus()', () => {
  async function* batches(...list: readonly Partial<BusBatch>[]): AsyncGenerator<BusBatch> {
    for (const batch of list) yield { synced: true, hosts: new Map(), documents: new Map(), ...batch };
  }

  test('leaves own facts alone, and gives up what disk knew only when the picture is complete', async () => {
    const store = createStateStore({ mirror: null, log }, options);
    store.apply(
      delta(
        { self: hostFacts('self', 1), a: hostFacts('a', 1), old: hostFacts('old', 1) },
        { 'service/s/old': declaration('s', 'old') },
      ),
    );
    const steps: {
      readonly hosts: readonly string[];
      readonly documents: readonly string[];
      readonly complete: boolean;
    }[] = [];
    const note = () =>
      steps.push({
        hosts: [...store.current().hosts.keys()].sort(),
        documents: [...store.current().declarations.keys()].sort(),
        complete: store.current().complete,
      });
    async function* noted(): AsyncGenerator<BusBatch> {
      const document = { value: wired(declaration('s', 'new')), revision: 1 };
      yield* batches({ synced: false, hosts: new Map([['a', factMap(hostFacts('a', 2))]]) });
      note();
      yield* batches({
        hosts: new Map([['b', factMap(hostFacts('b', 1))], ['self', factMap({ host: host('self', { name: 'not by bus' }) })]]),
        documents: new Map([['service/s/new', document]]),
      }); // biome-ignore format: a table
      note();
      yield* batches({
        hosts: new Map([
          ['a', null],
          ['self', null],
        ]),
        documents: new Map([['service/s/new', null]]),
      });
      note();
    }
    await followBus(store, noted());
    expect(steps).toEqual([
      { hosts: ['a', 'old', 'self'], documents: ['s/old'], complete: false },
      { hosts: ['a', 'b', 'self'], documents: ['s/new'], complete: true },
      { hosts: ['b', 'self'], documents: [], complete: true },
    ]);
    expect(store.current().hosts.get('self')?.host?.name).toBe('self');
  });

  test('two stores on one bus come to the same picture', async () => {
    const shared = createMemoryStore({ clock: systemClock });
    resources.add('bus', () => shared.close());
    const ended = new AbortController();
    const makeHost = async (hostId: string) => {
      const bus: Bus = shared.connect({ environment: 'test' });
      const store = createStateStore({ mirror: null, log }, { environment, hostId });
      const following = followBus(store, bus.watch(ended.signal));
      resources.add('follower', async () => {
        ended.abort();
        await following;
        await bus.close();
      });
      const lease = await bus.join(hostId, ended.signal);
      store.replaceHost(hostId, factMap(hostFacts(hostId, 2)));
      await lease.publish(factMap(hostFacts(hostId, 2)));
      return { bus, store, lease };
    };
    const [a, b] = [await makeHost('a'), await makeHost('b')];
    await a.bus.put('service/s/w', wired(declaration('s', 'w')));
    await poll(
      () => [a, b].every(({ store }) => store.current().hosts.size === 2 && store.current().declarations.size === 1),
      { what: 'both hosts' },
    );
    expect(new Map([...a.store.current().hosts].sort())).toEqual(new Map([...b.store.current().hosts].sort()));
    await b.lease.close();
    await poll(() => !a.store.current().hosts.has('b'), { what: 'b to go' });
    expect([...b.store.current().hosts.keys()].sort()).toEqual(['a', 'b']);
  });
});
