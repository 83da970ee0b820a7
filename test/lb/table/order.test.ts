import { describe, expect, test } from 'vitest';
import type { PortRule } from '../../../model/index.ts';
import { container } from '../../view/world.ts';
import { balancer, rule, rulesOf, tableFrom } from './table-world.ts';

/** Rules as `host/path@priority`, `*` for all hosts, each to a service of its number. */
function ordered(...texts: readonly string[]): readonly string[] {
  const rules = texts.map((text): PortRule => {
    const [, host = '', path, priority] = /^([^/@]*)(\/[^@]*)?(?:@(\d+))?$/.exec(text) ?? [];
    return rule({
      hostname: host === '' ? null : host,
      path: path ?? null,
      priority: priority === undefined ? null : Number(priority),
      backendName: `b${texts.indexOf(text)}`,
    });
  });
  const { listeners } = tableFrom({ declarations: [balancer('shop/front', rules)] });
  return (listeners[0]?.rules ?? []).map(({ backend }) => texts[Number(backend.slice(1))] ?? backend);
}

describe('the order of rules', () => {
  test.each([
    [
      'LB-31 classes',
      ['', '/x', '*.w.com', '*.w.com/x', 'e.com', 'e.com/x'],
      ['e.com/x', 'e.com', '*.w.com/x', '*.w.com', '/x', ''],
    ],
    ['LB-32 longest path first', ['/', '/api'], ['/api', '/']],
    ['LB-32 in any order of input', ['/api', '/'], ['/api', '/']],
    ['LB-32 longest wildcard first', ['*.a.com', '*.b.a.com'], ['*.b.a.com', '*.a.com']],
    [
      'longest path within one wildcard',
      ['*.a.com/x', '*.a.com/xyz', '*.b.a.com/x'],
      ['*.b.a.com/x', '*.a.com/xyz', '*.a.com/x'],
    ],
    ['a class before the longest wildcard', ['*.b.a.com', '*.a.com/x'], ['*.a.com/x', '*.b.a.com']],
    ['as written otherwise', ['b.com', 'a.com', 'c.com'], ['b.com', 'a.com', 'c.com']],
    [
      'TestPriority',
      ['fooff@3', 'foo@100', '*.bar@2', 'baz@4', 'bazfsd@1'],
      ['bazfsd@1', '*.bar@2', 'fooff@3', 'baz@4', 'foo@100'],
    ],
    ['TestPriorityExtra', ['*.fooff@1', 'foo@2'], ['*.fooff@1', 'foo@2']],
    ['TestPriorityExtra, other order', ['foo@2', '*.fooff@1'], ['*.fooff@1', 'foo@2']],
    [
      'LB-33 priority over class',
      ['*.com/service1.html@1', 'abc.domain.com/service1.html@2'],
      ['*.com/service1.html@1', 'abc.domain.com/service1.html@2'],
    ],
    ['a rule for everything is last whatever its priority', ['@1', 'e.com', '/x@5'], ['/x@5', 'e.com', '@1']],
    ['priority 0 is none', ['e.com@0', '*.e.com@1'], ['*.e.com@1', 'e.com@0']],
  ])('%s', (_, written, expected) => {
    expect(ordered(...written)).toEqual(expected);
  });

  test('an exact path comes before a segment and a prefix of the same text', () => {
    const rules = (['prefix', 'segment', 'exact'] as const).map((pathMatch) => rule({ path: '/x', pathMatch }));
    const { listeners } = tableFrom({ declarations: [balancer('shop/front', rules)] });
    expect(listeners[0]?.rules.map(({ path }) => path?.kind)).toEqual(['exact', 'segment', 'prefix']);
  });

  test('rules of several owners: balancers by age, then labels by key, whatever their age', () => {
    const web = (id: string, service: string, createdAtMs: number) =>
      container(id, service, '10.42.1.1', {
        createdAtMs,
        labels: { 'drover.lb.host': `${id}.com`, 'drover.lb.port': '80' },
      });
    const { listeners } = tableFrom({
      containers: [web('b', 's/b', 1), web('a', 's/a', 2)],
      declarations: [
        balancer('z/young', [rule({ hostname: 'y.com' })], { sinceMs: 2 }),
        balancer('z/zero', [rule({ hostname: 'z.com' })], { sinceMs: null }),
        balancer('z/old', [rule({ hostname: 'o.com' })], { sinceMs: 1 }),
      ],
    });
    expect(listeners[0]?.rules.map(({ name }) => name)).toEqual(['z/zero#1', 'z/old#1', 'z/young#1', 's/a', 's/b']);
  });

  test('ports are sorted as numbers', () => {
    const rules = [443, 80, 3306].map((sourcePort) => rule({ sourcePort }));
    const table = tableFrom({ declarations: [balancer('shop/front', rules)] });
    expect(table.listeners.map(({ port }) => port)).toEqual([80, 443, 3306]);
    expect(rulesOf(table, 443)).toEqual(['* -> ']);
  });
});
