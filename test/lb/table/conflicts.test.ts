import { describe, expect, test } from 'vitest';
import { container, declaration, host } from '../../view/world.ts';
import { balancer, problemsOf, rule, rulesOf, tableFrom } from './table-world.ts';

const WEB = declaration('shop/web');
const API = declaration('shop/api');

function published(service: string, createdAtMs: number, labels: Readonly<Record<string, string>>) {
  return container(service, service, '10.42.1.9', { createdAtMs, labels, exposed: [{ port: 80, protocol: 'tcp' }] });
}

describe('two owners of one port, host and path', () => {
  const owned = (first: number | null, second: number | null) =>
    tableFrom({
      declarations: [
        ...[WEB, API],
        balancer('a/lb', [rule({ hostname: 'x.com' })], { sinceMs: first }),
        balancer('b/lb', [rule({ hostname: 'X.com', service: 'shop/api' }), rule({ hostname: 'y.com' })], {
          sinceMs: second,
        }),
      ],
    });

  test.each([
    ['the older balancer keeps them', 2, 1, 'shop/api'],
    ['a balancer of unknown age is the oldest', 2, null, 'shop/api'],
    ['of two of one age, the first by key', 1, 1, 'shop/web'],
  ])('%s', (_, first, second, service) => {
    expect(rulesOf(owned(first, second))).toContain(`x.com -> ${service}`);
    expect(rulesOf(owned(first, second))).toContain('y.com -> shop/web');
  });

  test('the other one is a problem that names the owner', () => {
    expect(problemsOf(owned(1, 2))).toEqual([
      'b/lb: load balancer rule b/lb#1 cannot get port 80, host x.com, all paths: rule a/lb#1 has them',
    ]);
  });

  test('a balancer comes before labels, and the oldest service among labels', () => {
    const labels = { 'drover.lb.host': 'x.com' };
    const containers = [published('s/young', 2, labels), published('s/old', 1, labels)];
    expect(rulesOf(tableFrom({ containers }))).toEqual(['x.com -> s/old']);
    const declarations = [WEB, balancer('z/lb', [rule({ hostname: 'x.com' })], { sinceMs: 99 })];
    const table = tableFrom({ containers, declarations });
    expect(rulesOf(table)).toEqual(['x.com -> shop/web']);
    expect(table.problems.map(({ service }) => service)).toEqual(['s/old', 's/young']);
  });

  test('two rules for everything on one port conflict, too', () => {
    const table = tableFrom({ declarations: [WEB, balancer('a/lb', [rule()]), balancer('b/lb', [rule()])] });
    expect(problemsOf(table)).toEqual([
      'b/lb: load balancer rule b/lb#1 cannot get port 80, all hosts, all paths: rule a/lb#1 has them',
    ]);
  });
});

test('LB-33: rules of one balancer with one host and path share a backend', () => {
  const rules = [rule({ weight: 3 }), rule({ service: 'shop/api', weight: 5, priority: 7 })];
  const containers = [container('w', 'shop/web', '10.42.1.1'), container('a', 'shop/api', '10.42.1.2')];
  const { listeners, backends } = tableFrom({ containers, declarations: [balancer('a/lb', rules)] });
  expect(listeners[0]?.rules.map(({ name, priority }) => [name, priority])).toEqual([['a/lb#1', null]]);
  expect(backends.flatMap(({ servers }) => servers.map(({ service, weight }) => [service, weight]))).toEqual([
    ['shop/web', 3],
    ['shop/api', 5],
  ]);
});

describe('protocols', () => {
  test('the owner of a port decides, rules with another protocol are problems', () => {
    const rules = [rule({ hostname: 'x.com' }), rule({ protocol: 'tcp' }), rule({ hostname: 'y.com' })];
    const table = tableFrom({ declarations: [WEB, balancer('a/lb', rules)] });
    expect(rulesOf(table)).toEqual(['x.com -> shop/web', 'y.com -> shop/web']);
    expect(problemsOf(table)).toEqual([
      'a/lb: load balancer rule a/lb#2 cannot use port 80 for tcp: rule a/lb#1 uses it for http',
    ]);
  });

  test.each([
    ['tcp', ['* -> shop/api shop/web']],
    ['tls', ['* -> shop/api shop/web']],
    ['sni', ['x.com -> shop/web', 'y.com -> shop/api']],
  ] as const)('LB-19: what counts for %s', (protocol, expected) => {
    const rules = [
      rule({ protocol, hostname: 'x.com', path: '/a' }),
      rule({ protocol, hostname: 'y.com', service: 'shop/api' }),
    ];
    expect(rulesOf(tableFrom({ declarations: [WEB, API, balancer('a/lb', rules)] }))).toEqual(expected);
  });

  test.each([
    ['udp', rule({ protocol: 'udp' }), 'is for udp, which is not supported yet'],
    ['no source port', rule({ sourcePort: null }), 'has no source port'],
    ['no target', rule({ service: null }), 'has no target'],
    ['a bad hostname', rule({ hostname: 'a b' }), 'has a hostname that is "a b", not a host name'],
    ['a bad path', rule({ path: 'x' }), 'has a path that is "x": it has no slash'],
  ])('a rule with %s is left out, and the others go on', (_, bad, what) => {
    const table = tableFrom({ declarations: [WEB, balancer('a/lb', [bad, rule({ hostname: 'x.com' })])] });
    expect(rulesOf(table)).toEqual(['x.com -> shop/web']);
    expect(problemsOf(table)).toEqual([`a/lb: load balancer rule a/lb#1 ${what}`]);
  });
});

describe('the hosts of a balancer', () => {
  const runs = (hosts: NonNullable<Parameters<typeof balancer>[2]>['options']) =>
    tableFrom({
      hosts: [host('a', { name: 'Edge1', labels: { zone: 'x', tier: 'edge' } })],
      declarations: [WEB, balancer('a/lb', [rule()], { options: hosts ?? {} })],
    }).listeners.length > 0;

  test.each([
    ['all', { kind: 'all' }, true],
    ['its name', { kind: 'names', names: ['b', 'EDGE1'] }, true],
    ['its id', { kind: 'names', names: ['a'] }, true],
    ['other names', { kind: 'names', names: ['b'] }, false],
    ['its labels', { kind: 'labels', labels: { zone: 'x', tier: 'edge' } }, true],
    ['other labels', { kind: 'labels', labels: { zone: 'x', tier: 'core' } }, false],
  ] as const)('%s', (_, hosts, expected) => {
    expect(runs({ hosts })).toBe(expected);
  });

  test('a balancer of other hosts has no claims here', () => {
    const elsewhere = balancer('a/lb', [rule()], {
      options: { hosts: { kind: 'names', names: ['b'] } },
      config: 'global',
    });
    const table = tableFrom({ declarations: [WEB, API, elsewhere, balancer('b/lb', [rule({ service: 'shop/api' })])] });
    expect(rulesOf(table)).toEqual(['* -> shop/api']);
    expect(table.problems).toEqual([]);
    expect(table.customConfigs).toEqual([]);
  });
});
