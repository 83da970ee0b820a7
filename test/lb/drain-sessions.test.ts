import { expect, test } from 'vitest';
import { drainSessions, type LbTable } from '../../lb/index.ts';

const OLD = 'a'.repeat(64);
type Servers = readonly (readonly [name: string, containerId: string, state: 'ready' | 'drain'])[];
const table = (backends: Readonly<Record<string, Servers>>) =>
  ({
    backends: Object.entries(backends).map(([name, servers]) => ({
      name,
      servers: servers.map(([server, containerId, state]) => ({ name: server, containerId, state })),
    })),
  }) as unknown as LbTable;
const row = (line: string) => {
  const [pxname = '', svname = '', status = '', scur = ''] = line.split(' ');
  return { pxname, svname, status, scur };
};

test.each<[string, LbTable, readonly string[] | null, number | null, old?: readonly string[] | null]>([
  ['it is no server here', table({ web: [['b:80', 'b', 'ready']] }), null, 0],
  ['HAProxy does not reply', table({ web: [['a:80', OLD, 'drain']] }), null, null],
  ['the table still has it as ready', table({ web: [['a:80', OLD, 'ready']] }), ['web a:80 MAINT 0'], null],
  ['HAProxy still gives it requests', table({ web: [['a:80', OLD, 'drain']] }), ['web a:80 UP 3'], null],
  ['HAProxy has removed it', table({ web: [['a:80', OLD, 'drain']] }), ['web b:80 UP 3'], 0],
  [
    'sessions in two backends, and one of another container',
    table({
      web: [
        ['a:80', OLD, 'drain'],
        ['b:80', 'b', 'ready'],
      ],
      api: [['a:81', OLD, 'drain']],
    }),
    ['web a:80 MAINT 2', 'web b:80 UP 7', 'api a:81 MAINT 1', 'other a:81 UP 9', 'web BACKEND UP 9'],
    3,
  ],
  [
    'sessions in the worker before a reload, also under another name of the backend',
    table({ web: [['a:80', OLD, 'drain']] }),
    ['web a:80 MAINT 0'],
    5,
    ['web a:80 UP 2', 'before a:80 UP 3', 'web b:80 UP 7'],
  ],
  [
    'only the worker before a reload has it',
    table({ web: [['a:80', OLD, 'drain']] }),
    ['web b:80 UP 3'],
    1,
    ['web a:80 MAINT 1'],
  ],
  [
    'the worker before a reload does not reply',
    table({ web: [['a:80', OLD, 'drain']] }),
    ['web a:80 MAINT 0'],
    null,
    null,
  ],
])('drainSessions(): %s', (_title, given, newest, expected, old = []) => {
  const rows = { newest: newest?.map(row) ?? null, old: old?.map(row) ?? null };
  expect(drainSessions(given, rows, OLD.slice(0, 12))).toBe(expected);
});
