import { describe, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import { READINESS, type Standing, standingOf } from '../../view/index.ts';

const ROWS: readonly [Standing, string][] = [
  // standing        dns      all   name  metadata lb      virtual  external
  ['ready', 'use      use   use   list use      use      use'],
  ['unchecked', 'use      use   use   list use      use      use'],
  ['initializing', 'leave    use   use   list leave    leave    leave'],
  ['failing', 'fallback use   use   list fallback fallback fallback'],
  ['unhealthy', 'leave    use   use   list leave    leave    leave'],
  ['draining', 'last     last  leave list drain    drain    leave'],
  ['paused', 'leave    leave use   list leave    leave    leave'],
  ['down', 'leave    leave leave list leave    leave    leave'],
];

test('READINESS is exactly this table of state and consumer', () => {
  const table = Object.entries(READINESS).map(([standing, row]) => [
    standing,
    [row.dns, row.all, row.name, row.metadata, row.lb, row.virtual, row.external],
  ]);
  expect(table).toEqual(ROWS.map(([standing, cells]) => [standing, cells.split(/\s+/)]));
});

test('only a container that was ready and fails now is used by the fallback, and one that stops as the last resort', () => {
  const back = Object.entries(READINESS).map(([standing, row]) => [standing, Object.values(row)] as const);
  expect(back.filter(([, cells]) => cells.includes('fallback')).map(([standing]) => standing)).toEqual(['failing']);
  expect(back.filter(([, cells]) => cells.includes('last')).map(([standing]) => standing)).toEqual(['draining']);
});

describe('standingOf()', () => {
  const cases: readonly [Container['state'], Container['health'], 'was' | 'never', 'check' | 'none', Standing][] = [
    ['running', null, 'was', 'none', 'ready'],
    ['starting', null, 'never', 'none', 'ready'],
    ['running', null, 'was', 'check', 'unchecked'],
    ['starting', null, 'never', 'check', 'initializing'],
    ['running', 'healthy', 'was', 'check', 'ready'],
    ['running', 'healthy', 'was', 'none', 'ready'],
    ['running', 'updating-healthy', 'was', 'check', 'ready'],
    ['starting', 'initializing', 'never', 'check', 'initializing'],
    ['running', 'initializing', 'never', 'none', 'initializing'],
    ['running', 'reinitializing', 'was', 'check', 'initializing'],
    ['running', 'unhealthy', 'was', 'check', 'failing'],
    ['running', 'unhealthy', 'was', 'none', 'failing'],
    ['running', 'updating-unhealthy', 'was', 'check', 'failing'],
    ['running', 'unhealthy', 'never', 'check', 'unhealthy'],
    ['stopping', 'healthy', 'was', 'check', 'draining'],
    ['stopping', 'unhealthy', 'was', 'none', 'draining'],
    ['paused', 'healthy', 'was', 'none', 'paused'],
    ['created', null, 'never', 'none', 'down'],
    ['restarting', 'healthy', 'was', 'none', 'down'],
    ['stopped', null, 'was', 'none', 'down'],
  ];
  test.each(cases)('%s, health %s, %s ready, %s declared -> %s %s', (state, health, was, check, expected) => {
    expect(standingOf({ state, health, wasReady: was === 'was' }, check === 'check')).toBe(expected);
  });
});
