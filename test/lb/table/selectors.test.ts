import { describe, expect, test } from 'vitest';
import { explainRequest } from '../../../lb/table/explain.ts';
import { NO_RULE_OPTIONS, type PortRule } from '../../../model/index.ts';
import { container, declaration } from '../../view/world.ts';
import { balancer, problemsOf, rule, rulesOf, serversOf, tableFrom } from './table-world.ts';

const select = (selector: string, changes: Partial<PortRule> = {}) => rule({ selector, service: null, ...changes });

/** A service with labels and rules for balancers that select it. */
function service(key: string, labels: Readonly<Record<string, string>>, portRules: readonly PortRule[] | null = null) {
  const { lbConfig } = balancer(key, portRules ?? []);
  return declaration(key, { labels, lbConfig: portRules && lbConfig });
}

const own = (changes: Partial<PortRule> = {}) =>
  rule({ sourcePort: null, service: null, targetPort: null, ...changes });

describe('selector rules', () => {
  test.each([
    ['tier=front', ['s/a', 's/b']],
    ['TIER=Front', ['s/a', 's/b']],
    ['tier!=front', ['s/c', 's/d']],
    ['tier in (front, back), env', ['s/a']],
    ['env notin (prod), tier', ['s/b', 's/c']],
    ['tier=none', []],
  ])('%s', (selector, expected) => {
    const declarations = [
      service('s/a', { tier: 'front', env: 'prod' }),
      service('s/b', { Tier: 'FRONT' }),
      service('s/c', { tier: 'back' }),
      service('s/d', {}),
      balancer('s/lb', [select(selector)], { declaration: { labels: { tier: 'front', env: 'prod' } } }),
    ];
    expect(tableFrom({ declarations }).backends.flatMap(({ services }) => services)).toEqual(expected);
  });

  test('LB-10: the selected service gives host, path, target port and name; the balancer port, protocol and weight', () => {
    const mine = own({ hostname: 'a.com', path: '/x', targetPort: 9000, backendName: 'mine', priority: 3, weight: 9 });
    const table = tableFrom({
      containers: [container('a1', 's/a', '10.42.1.1')],
      declarations: [
        service('s/a', { tier: 'front' }, [mine]),
        balancer('s/lb', [
          select('tier=front', { sourcePort: 8080, hostname: 'b.com', targetPort: 1, weight: 2, priority: 1 }),
        ]),
      ],
    });
    expect(table.listeners).toMatchObject([
      { port: 8080, rules: [{ name: 's/lb#1:s/a', priority: null, backend: 'mine', balancer: 's/lb' }] },
    ]);
    expect(rulesOf(table, 8080)).toEqual(['a.com/x -> s/a']);
    expect(serversOf(table)).toEqual(['10.42.1.1:9000 w2']);
  });

  test('several own rules, and rules with a source port, which are of a balancer', () => {
    const rules = [own({ hostname: 'a.com' }), rule({ hostname: 'no.com' }), own({ hostname: 'b.com' })];
    const table = tableFrom({ declarations: [service('s/a', { x: '' }, rules), balancer('s/lb', [select('x')])] });
    expect(table.listeners[0]?.rules.map(({ name, host }) => `${name} ${host?.text}`)).toEqual([
      's/lb#1:s/a#1 a.com',
      's/lb#1:s/a#2 b.com',
    ]);
  });

  test('LB-10: a service without own rules needs a target port in the rule', () => {
    const table = tableFrom({
      declarations: [service('s/a', { x: '' }), balancer('s/lb', [select('x', { targetPort: null })])],
    });
    expect(table.listeners).toEqual([]);
    expect(problemsOf(table)).toEqual([
      's/lb: load balancer rule s/lb#1 has no target port for s/a, which its selector matches',
    ]);
  });

  test('LB-33: requests go to the target whose own rule matches', () => {
    const table = tableFrom({
      declarations: [
        service('s/a', { test1: 'value1' }, [own({ hostname: 'www.abc.com', path: '/name.html' })]),
        service('s/b', { test1: 'value1' }, [own({ hostname: 'www.abc1.com', path: '/service1.html' })]),
        balancer('s/lb', [select('test1=value1')]),
      ],
    });
    const { backend } = explainRequest(table, { port: 80, host: 'www.abc.com', path: '/name.html', protocol: 'http' });
    expect(backend?.services).toEqual(['s/a']);
  });

  test.each([
    ['as it routes them', false, 'a.com/x -> s/web'],
    ['without hosts and paths if those are ignored', true, '* -> s/web'],
  ])('a selected balancer has its targets behind the port, %s', (_, skipTargetRules, expected) => {
    const inner = balancer('s/inner', [rule({ sourcePort: 8080, hostname: 'a.com', path: '/x', service: 's/web' })], {
      declaration: { labels: { x: '' } },
      options: { hosts: { kind: 'names', names: ['b'] } },
    });
    const outer = balancer('s/outer', [select('x')], { options: { skipTargetRules } });
    expect(rulesOf(tableFrom({ declarations: [declaration('s/web'), inner, outer] }))).toEqual([expected]);
  });

  test('options of the selected service win over those of the balancer', () => {
    const declarations = [
      service('s/a', { x: '' }, [own({ options: { ...NO_RULE_OPTIONS, proto: 'h2' } })]),
      balancer('s/lb', [select('x', { options: { ...NO_RULE_OPTIONS, proto: 'https', gzip: true } })]),
    ];
    expect(tableFrom({ declarations }).backends[0]?.options).toEqual({ ...NO_RULE_OPTIONS, proto: 'h2', gzip: true });
  });

  test('labels of containers count, those of a new one first', () => {
    const at = (id: string, createdAtMs: number, tier: string) =>
      container(id, 's/a', '10.42.1.1', { createdAtMs, labels: { tier } });
    const declarations = [balancer('s/lb', [select('tier=front')])];
    const tables = [
      ['front', 'back'],
      ['back', 'front'],
    ].map(([old = '', young = '']) =>
      tableFrom({ containers: [at('2', 1, old), at('1', 2, young), at('3', 0, old)], declarations }),
    );
    expect(tables.map(({ backends }) => backends.length)).toEqual([0, 1]);
  });

  test('a selector that matches no service is a problem until one comes', () => {
    const lb = balancer('s/lb', [select('teir=front')]);
    expect(problemsOf(tableFrom({ declarations: [service('s/a', { tier: 'front' }), lb] }))).toEqual([
      's/lb: load balancer rule s/lb#1 has no target: no service has labels that match "teir=front"',
    ]);
    expect(problemsOf(tableFrom({ declarations: [service('s/a', { teir: 'front' }), lb] }))).toEqual([]);
  });

  test('a selector with a mistake is a problem of its rule alone', () => {
    const table = tableFrom({
      declarations: [declaration('shop/web'), balancer('s/lb', [select('tier==a=b'), rule()])],
    });
    expect(rulesOf(table)).toEqual(['* -> shop/web']);
    expect(table.problems).toMatchObject([{ service: 's/lb', subject: 'load balancer rule s/lb#1' }]);
  });
});
