import { expect, test } from 'vitest';
import type { PlannedConfig } from '../../../lb/haproxy/plan.ts';
import { whileWaiting } from '../../../lb/haproxy/while-waiting.ts';

/** Rules as `key backend`, by map. Backends in upper case have sections of their own; `.1` at the end is another version. */
function config(rules: Readonly<Record<string, readonly string[]>>): PlannedConfig {
  const pairs = (lines: readonly string[]) => lines.map((line) => line.split(' ') as [string, string]);
  const backends = Object.values(rules).flatMap(pairs);
  return {
    structure: 's',
    rules: new Map(
      Object.entries(rules).map(([map, lines]) => [
        map,
        new Map(pairs(lines).map(([key, text]) => [key, nameOf(text)])),
      ]),
    ),
    backends: new Map(
      backends.map(([, text]) => {
        const spares = /[A-Z]/.test(text) ? [] : ['spare'];
        return [
          nameOf(text),
          { rule: nameOf(text), users: [], serverParameters: '', cookieKey: null, entry: text, spares },
        ];
      }),
    ),
  };
}
const nameOf = (text: string) => text.replace(/\.1$/, '');

const shown = ({ rules, backends }: PlannedConfig) =>
  [...rules].flatMap(([map, keys]) =>
    [...keys].map(([key, backend]) => `${map} ${key} ${backends.get(backend)?.entry}`),
  );

test.each<[what: string, inForce: Record<string, string[]>, newest: Record<string, string[]>, result: string[]]>([
  ['adds rules', { h: ['x a'] }, { h: ['x a', 'y b'] }, ['h x a', 'h y b']],
  ['gives a key another backend', { h: ['x a'] }, { h: ['x b'] }, ['h x b']],
  ['removes rules', { h: ['x a', 'y b'] }, { h: ['x a'] }, ['h x a']],
  [
    'keeps a rule that is a line after the reload',
    { h: ['x a', 'y b'] },
    { h: ['x a'], lines: ['y b'] },
    ['h x a', 'h y b'],
  ],
  ['keeps a longer path of a host that waits', { p: ['x/ a', 'x/api b'] }, { p: ['x/ A'] }, ['p x/ a', 'p x/api b']],
  ['leaves out a backend that needs a section of its own', { h: ['x a'] }, { h: ['x a', 'y B'] }, ['h x a']],
  ['adds no shorter path of such a host', { p: [] }, { p: ['x/api B', 'x/ b', 'y/ c'] }, ['p y/ c']],
  ['does so if the backend is in force', { p: ['x/api B'] }, { p: ['x/api B', 'x/ b'] }, ['p x/api B', 'p x/ b']],
  [
    'leaves a backend that gets other options',
    { h: ['x a', 'z z'] },
    { h: ['x a.1', 'z z', 'y b'] },
    ['h x a', 'h z z', 'h y b'],
  ],
  ['adds nothing to listeners and maps that are not there', { h: ['x a'] }, { p: ['x/ a', 'y/ b'] }, ['h x a']],
])('whileWaiting() %s', (_what, inForce, newest, result) => {
  const merged = whileWaiting(config(inForce), config(newest));
  expect(shown(merged)).toEqual(result);
});
