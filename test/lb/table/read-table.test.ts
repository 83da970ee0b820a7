import { describe, expect, test } from 'vitest';
import { container, declaration, links } from '../../view/world.ts';
import { balancer, leftOutOf, problemsOf, rule, rulesOf, serversOf, tableFrom } from './table-world.ts';

const web = (n: number, changes = {}) => container(`w${n}`, 'shop/web', `10.42.1.${n}`, changes);

describe('the table', () => {
  test('has the endpoints of a service behind a declared rule', () => {
    const table = tableFrom({
      containers: [web(2), web(1)],
      declarations: [balancer('shop/front', [rule({ hostname: 'www.example.com' })])],
    });
    expect(rulesOf(table)).toEqual(['www.example.com -> shop/web']);
    expect(table.listeners).toMatchObject([
      { port: 80, protocol: 'http', acceptProxy: false, balancers: ['shop/front'] },
    ]);
    expect(table.listeners[0]?.rules[0]?.name).toBe('shop/front#1');
    expect(table.backends).toMatchObject([
      { name: '80_www_example_com_', balancer: 'shop/front', services: ['shop/web'] },
    ]);
    expect(serversOf(table)).toEqual(['10.42.1.1:8080', '10.42.1.2:8080']);
    expect(table.problems).toEqual([]);
  });

  test('has the rules that labels publish', () => {
    const labels = {
      'drover.lb.host': 'www.example.com',
      'drover.lb.entry': 'http,https',
      'drover.lb.api.path': '/api',
      'drover.lb.api.port': '9000',
      'drover.lb.api.sticky': 'SID',
    };
    const table = tableFrom({ containers: [web(1, { labels, exposed: [{ port: 8080, protocol: 'tcp' }] })] });
    expect(table.listeners.map(({ port, protocol }) => `${port} ${protocol}`)).toEqual(['80 http', '443 https']);
    expect(table.listeners.flatMap(({ rules }) => rules.map(({ name }) => name))).toEqual([
      'shop/web',
      'shop/web:api',
      'shop/web@443',
    ]);
    expect(serversOf(table, '80_www_example_com_')).toEqual(['10.42.1.1:8080']);
    expect(serversOf(table, '80_api')).toEqual(['10.42.1.1:9000']);
    expect(table.backends.find(({ name }) => name === '80_www_example_com_')?.stickiness).toBeNull();
    expect(table.backends.find(({ name }) => name === '80_api')?.stickiness).toMatchObject({
      cookie: 'SID',
      mode: 'insert',
    });
  });

  test('gives backends of one service, host and path the same cookie key on all ports, and others another one', () => {
    const labels = (rule: string) => ({
      [`drover.lb.${rule}.host`]: 'www.example.com',
      [`drover.lb.${rule}.path`]: `/${rule}`,
      [`drover.lb.${rule}.entry`]: 'http,https',
      [`drover.lb.${rule}.sticky`]: 'SID',
    });
    const { backends } = tableFrom({ containers: [web(1, { labels: { ...labels('a'), ...labels('b') } })] });
    const keys = new Map(backends.map(({ name, cookieKey }) => [name, cookieKey]));
    expect(keys.size).toBe(4);
    expect(keys.get('443_www_example_com_a')).toBe(keys.get('80_www_example_com_a'));
    expect(keys.get('443_www_example_com_b')).toBe(keys.get('80_www_example_com_b'));
    expect(new Set(keys.values()).size).toBe(2);
  });

  test('keeps a known host without a ready endpoint, and a rule whose service does not exist', () => {
    const table = tableFrom({
      containers: [web(1, { state: 'stopped' })],
      declarations: [
        balancer('shop/front', [rule({ hostname: 'a.com' }), rule({ hostname: 'b.com', service: 'shop/none' })]),
      ],
    });
    expect(rulesOf(table)).toEqual(['a.com -> shop/web', 'b.com -> ']);
    expect(table.backends.map(({ servers }) => servers)).toEqual([[], []]);
    expect(leftOutOf(table)).toEqual(['w1: created, restarting or stopped']);
    expect(problemsOf(table)).toEqual([
      'shop/front: load balancer rule shop/front#2 has no target: there is no service shop/none',
    ]);
  });

  test('follows aliases and external services', () => {
    const table = tableFrom({
      containers: [web(1)],
      declarations: [
        balancer('shop/front', [rule({ service: 'shop/all' })]),
        declaration('shop/all', { kind: 'dnsService', links: links('shop/web', 'shop/ext') }),
        declaration('shop/ext', { kind: 'externalService', externalIps: ['192.0.2.7'], hostname: 'ext.example.com.' }),
      ],
    });
    expect(serversOf(table)).toEqual(['10.42.1.1:8080', '192.0.2.7:8080']);
    expect(table.backends[0]?.namedServers).toEqual([
      { hostname: 'ext.example.com', port: 8080, weight: 1, service: 'shop/ext' },
    ]);
    expect(table.backends[0]?.services).toEqual(['shop/all', 'shop/ext', 'shop/web']);
  });
});
