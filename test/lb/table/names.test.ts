import { describe, expect, test } from 'vitest';
import { hostOfRule } from '../../../lb/table/backend-names.ts';
import type { PortRule } from '../../../model/index.ts';
import { declaration } from '../../view/world.ts';
import { balancer, problemsOf, rule, tableFrom } from './table-world.ts';

const WEB = declaration('shop/web');

/** The names of the backends, in the order of the rules. */
function names(rules: readonly PortRule[]): readonly (string | undefined)[] {
  const { listeners } = tableFrom({ declarations: [WEB, balancer('a/lb', rules)] });
  const made = listeners.flatMap((listener) => listener.rules);
  return rules.map((_, at) => made.find(({ name }) => name === `a/lb#${at + 1}`)?.backend);
}

test('rules have their numbers as written, also after a wrong one', () => {
  const rules = [rule({ path: '/a' }), rule({ path: '/c', number: 3 })];
  const { listeners } = tableFrom({ declarations: [WEB, balancer('a/lb', rules)] });
  expect(listeners.flatMap((one) => one.rules).map(({ name }) => name)).toEqual(['a/lb#1', 'a/lb#3']);
});

test('backends have the key of their rule, which says what rules have the same port and host', () => {
  const rules = [
    { hostname: 'a' },
    { hostname: 'a', path: '/x' },
    { hostname: '*.a' },
    { hostname: 'a', sourcePort: 81 },
  ];
  const { backends, listeners } = tableFrom({ declarations: [WEB, balancer('a/lb', rules.map(rule))] });
  const made = listeners.flatMap((listener) => listener.rules);
  const keys = rules.map((_, at) => {
    const name = made.find((one) => one.name === `a/lb#${at + 1}`)?.backend;
    return backends.find((one) => one.name === name)?.rule ?? '';
  });
  expect(new Set(keys).size).toBe(4);
  const [host, path, wildcard, other] = keys.map(hostOfRule);
  expect(path).toBe(host);
  expect(new Set([host, wildcard, other]).size).toBe(3);
});

describe('names of backends', () => {
  test.each([
    ['80_', {}],
    ['80_foo_com_', { hostname: 'foo.com' }],
    ['80_static', { path: '/static' }],
    ['80_foo_com_a_b', { hostname: 'foo.com', path: '/a/b' }],
    ['80_foo_com_', { hostname: '*.foo.com' }],
    ['8080_foo_com_', { sourcePort: 8080, hostname: 'FOO.com' }],
    ['mine', { hostname: 'foo.com', backendName: 'mine' }],
  ] as const)('LB-22: %s', (name, changes) => {
    expect(names([rule(changes)])).toEqual([name]);
  });

  test.each([
    ['foo.com and *.foo.com', [rule({ hostname: 'foo.com' }), rule({ hostname: '*.foo.com' })]],
    ['/a-b and /a_b', [rule({ path: '/a-b' }), rule({ path: '/a_b' })]],
    ['a segment and a prefix', [rule({ path: '/a' }), rule({ path: '/a', pathMatch: 'segment' })]],
    ['a given name and a made one', [rule({ path: '/a' }), rule({ path: '/b', backendName: '80_a' })]],
    [
      'a given name like one with a suffix',
      [rule({ path: '/a-b' }), rule({ path: '/a_b' }), rule({ backendName: '80_a_b' })],
    ],
  ])('LB-23: %s do not share a backend', (_, rules) => {
    expect(new Set(names(rules)).size).toBe(rules.length);
  });

  test('names of long paths are cut, and stay different', () => {
    const long = '/a'.repeat(200);
    const [first = '', second = ''] = names([rule({ path: `${long}/x` }), rule({ path: `${long}/y` })]);
    expect([first.length, second.length]).toEqual([100, 109]);
    expect(second.startsWith(first)).toBe(true);
  });

  test('a suffix depends on the key only, and older rules keep their names', () => {
    const [plain, suffixed] = names([rule({ path: '/a-b' }), rule({ path: '/a_b' })]);
    expect(plain).toBe('80_a_b');
    expect(suffixed).toMatch(/^80_a_b_[0-9a-f]{8}$/);
    expect(names([rule({ path: '/x' }), rule({ path: '/a-b' }), rule({ path: '/a_b' })])).toEqual([
      '80_x',
      plain,
      suffixed,
    ]);
  });

  test('a name given twice is a problem of the second rule, which still works', () => {
    const rules = [rule({ path: '/a', backendName: 'mine' }), rule({ path: '/b', backendName: 'mine' })];
    expect(names(rules)).toEqual(['mine', '80_b']);
    expect(problemsOf(tableFrom({ declarations: [WEB, balancer('a/lb', rules)] }))).toEqual([
      'a/lb: load balancer rule a/lb#2 has the backend name mine of rule a/lb#1, which has another port, host or path',
    ]);
  });

  test('a name that HAProxy would refuse is a problem, and the rule still works', () => {
    const rules = [rule({ backendName: 'my backend\nglobal' })];
    expect(names(rules)).toEqual(['80_']);
    expect(tableFrom({ declarations: [WEB, balancer('a/lb', rules)] }).problems).toHaveLength(1);
  });

  test.each(['drover:spare-plain-1', 'drover:newest-80'])(
    'the name %s of a section of Drover is a problem',
    (backendName) => {
      const rules = [rule({ backendName })];
      expect(names(rules)).toEqual(['80_']);
      expect(problemsOf(tableFrom({ declarations: [WEB, balancer('a/lb', rules)] }))).toEqual([
        `a/lb: load balancer rule a/lb#1 has the backend name ${backendName}, which is not accepted`,
      ]);
    },
  );

  test('rules with one host and path have one name, the first that is given', () => {
    const { backends } = tableFrom({
      declarations: [WEB, balancer('a/lb', [rule(), rule({ backendName: 'x' }), rule({ backendName: 'y' })])],
    });
    expect(backends.map(({ name }) => name)).toEqual(['x']);
  });
});
