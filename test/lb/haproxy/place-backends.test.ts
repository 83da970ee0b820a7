import { describe, expect, test } from 'vitest';
import {
  isPlaced,
  type MapChange,
  type Placeable,
  type Placement,
  placeBackends,
  type RunningMaps,
} from '../../../lb/haproxy/place-backends.ts';
import { createRandom } from '../../support/random.ts';

const SPARES = ['s1', 's2', 's3'];

/** `key: backend version` for each rule, by map. A backend without version has its own section only. */
function wanted(rules: Readonly<Record<string, string>>): Placeable {
  const all = Object.entries(rules).map(([map, text]) => [map, text.split(', ').filter(Boolean)] as const);
  const parts = all.flatMap(([map, lines]) =>
    lines.map((line) => {
      const [key = '', backend = '', version] = line.split(/:? /);
      return { map, key, backend, version };
    }),
  );
  return {
    rules: new Map(
      all.map(([map]) => [
        map,
        new Map(parts.filter((one) => one.map === map).map(({ key, backend }) => [key, backend])),
      ]),
    ),
    backends: new Map(
      parts.map(({ backend, version }) => [
        backend,
        {
          ...{
            rule: backend,
            users: [],
            serverParameters: '',
            cookieKey: null,
            spares: version === undefined ? [] : SPARES,
          },
          entry: version === undefined ? backend : `${backend}/${version}`,
        },
      ]),
    ),
  };
}

/** `key section` for each entry. */
function running(maps: Readonly<Record<string, string>>): RunningMaps {
  return new Map(
    Object.entries(maps).map(([map, text]) => {
      const free = map === 'names' ? SPARES.filter((spare) => !text.includes(`${spare} `)) : [];
      const entries = [...text.split(', ').filter(Boolean), ...free.map((spare) => `${spare} -`)];
      return [map, new Map(entries.map((entry) => entry.split(' ') as [string, string]))];
    }),
  );
}

const formatOne = ({ map, key, value, isKnown }: MapChange) =>
  `${value === null ? 'del' : isKnown ? 'set' : 'add'} ${map} ${key}${value === null ? '' : ` ${value}`}`;

function lines({ taken, removed, set, left, isFull }: Placement): readonly string[] {
  return [
    ...[...taken, ...removed, ...set].map(formatOne),
    ...left.map(({ section, backend }) => `leave ${section} of ${backend}`),
    ...(isFull ? ['full'] : []),
  ];
}

test.each<[what: string, rules: Record<string, string>, maps: Record<string, string>, changes: readonly string[]]>([
  ['has nothing to do', { h: 'x: a 1' }, { names: 'a a/1', h: 'x a' }, []],
  [
    'gives a new backend a spare section before its rule',
    { h: 'x: a 1, y: b 1' },
    { names: 'a a/1', h: 'x a' },
    ['set names s1 b/1', 'add h y s1'],
  ],
  [
    'finds the section that a backend has',
    { h: 'x: a 1, y: b 1' },
    { names: 'a a/1, s2 b/1', h: 'x a' },
    ['add h y s2'],
  ],
  [
    'gives a section to one backend only, also after its rule is gone',
    { h: 'x: a 1, y: c 1' },
    { names: 'a a/1, s1 b/1', h: 'x a, y s1' },
    ['set names s2 c/1', 'set h y s2', 'leave s1 of b'],
  ],
  ['removes rules', { h: 'x: a 1' }, { names: 'a a/1, b b/1', h: 'x a, y b' }, ['del h y', 'leave b of b']],
  ['gives a rule that comes back its own section', { h: 'y: b 1' }, { names: 'b b/1', h: '' }, ['add h y b']],
  [
    'gives another version of a backend another section',
    { h: 'x: a 2' },
    { names: 'a a/1', h: 'x a' },
    ['set names s1 a/2', 'set h x s1', 'leave a of a'],
  ],
  [
    'keeps the old backend of a rule while there is no section for the new one',
    { h: 'x: n 1, y: b 1' },
    { names: 'a a/1, b b/1, s1 c/1, s2 d/1, s3 e/1', h: 'x a, y b' },
    ['leave s1 of c', 'leave s2 of d', 'leave s3 of e', 'full'],
  ],
  [
    'uses the sections of backends that are fixed by their names',
    { h: 'x: fix' },
    { names: 'fix fix, 80 80', h: '' },
    ['add h x fix'],
  ],
  ['keeps listeners apart', { h: 'x: a 1', p: 'x: b 1' }, { names: 'a a/1, b b/1', h: 'x a', p: 'x a' }, ['set p x b']],
  ['leaves maps alone that it does not know', { h: 'x: a 1' }, { names: 'a a/1', h: 'x a', other: 'q z' }, []],
])('placeBackends() %s', (_what, rules, maps, changes) => {
  expect(lines(placeBackends(wanted(rules), running(maps)))).toEqual(changes);
});

describe('placeBackends() over a random walk', () => {
  function applied(maps: RunningMaps, { taken, removed, set }: Placement): RunningMaps {
    const next = new Map([...maps].map(([map, entries]) => [map, new Map(entries)]));
    for (const { map, key, value } of [...taken, ...removed, ...set]) {
      if (value === null) next.get(map)?.delete(key);
      else next.get(map)?.set(key, value);
    }
    return next;
  }

  test('leaves nothing to do, uses no section twice, and has the wanted backend for each key', () => {
    const random = createRandom(5);
    let maps = running({ names: '', h: '', p: '' });
    let reloads = 0;
    for (let step = 0; step < 500; step += 1) {
      const rule = (key: string) => `${key}: ${key}${random.below(2)} ${random.below(2)}`;
      const some = () => ['x', 'y'].filter(() => random.below(2) === 0);
      const keys = { h: some(), p: some().map((key) => `p${key}`) };
      const want = wanted({ h: keys.h.map(rule).join(', '), p: keys.p.map(rule).join(', ') });
      const placement = placeBackends(want, maps);
      maps = applied(maps, placement);
      const after = placeBackends(want, maps);
      expect([after.taken, after.removed, after.set]).toEqual([[], [], []]);
      expect(isPlaced(after)).toBe(!after.isFull);
      const entries = [...(maps.get('names')?.values() ?? [])].filter((entry) => entry !== '-');
      expect(new Set(entries).size).toBe(entries.length);
      for (const [map, rules] of want.rules)
        for (const [key, backend] of rules) {
          const section = maps.get(map)?.get(key) ?? '';
          if (after.sections.has(backend))
            expect(maps.get('names')?.get(section)).toBe(want.backends.get(backend)?.entry);
        }
      if (!after.isFull) continue;
      // The reload gives each backend a section of its own.
      reloads += 1;
      const free = SPARES.map((spare) => [spare, '-'] as const);
      const own = [...want.backends].map(([name, { entry }]) => [name, entry] as const);
      maps = new Map([...want.rules, ['names', new Map([...own, ...free])]]);
    }
    expect(reloads).toBeGreaterThan(10);
  });
});

test('placeBackends() changes the paths of a host in an order that gives each request the old or the new backend', () => {
  const random = createRandom(9);
  const PATHS = ['x/p/q', 'x/', 'x/p/q/r', 'x/p', 'x/s'];
  const ASKED = [...PATHS, 'x/p/z', 'y/'];
  const some = () => new Map(PATHS.filter(() => random.below(2) === 0).map((path) => [path, `b${random.below(4)}`]));
  const found = (rules: ReadonlyMap<string, string>, asked: string) =>
    rules.get([...rules.keys()].filter((key) => asked.startsWith(key)).sort((a, b) => b.length - a.length)[0] ?? '');
  for (let step = 0; step < 300; step += 1) {
    const [before, after] = [some(), some()];
    const now = new Map(before);
    const want = wanted({ p: [...after].map(([key, backend]) => `${key}: ${backend}`).join(', ') });
    const { set, removed } = placeBackends(want, new Map([['p', before]]));
    for (const { key, value } of [...set, ...removed]) {
      if (value === null) now.delete(key);
      else now.set(key, value);
      for (const asked of ASKED) expect([found(before, asked), found(after, asked)]).toContain(found(now, asked));
    }
    expect(now).toEqual(new Map(after));
  }
});
