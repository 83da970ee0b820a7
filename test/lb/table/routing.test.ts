import { describe, expect, test } from 'vitest';
import { explainRequest } from '../../../lb/table/explain.ts';
import type { PortRule } from '../../../model/index.ts';
import { declaration } from '../../view/world.ts';
import { balancer, rule, tableFrom } from './table-world.ts';

/** `2: abc.domain.com /x @1`: service s/2 for host, path and priority. */
function rulesFrom(texts: readonly string[]): readonly PortRule[] {
  return texts.map((text) => {
    const [, service, host = '', path, priority] = /^(\d): ?([^ /]*) ?(\/\S*)? ?(?:@(\d+))?$/.exec(text) ?? [];
    return rule({
      service: `s/${service}`,
      hostname: host || null,
      path: path ?? null,
      priority: priority === undefined ? null : Number(priority),
    });
  });
}

const SERVICES = [0, 1, 2, 3, 4].map((n) => declaration(`s/${n}`));

/** The services that get a request, `503` for none. */
function route(rules: readonly string[], request: string): string {
  const [host = '', path = '/'] = request.split(' ');
  const table = tableFrom({ declarations: [...SERVICES, balancer('shop/front', rulesFrom(rules))] });
  const { backend } = explainRequest(table, { port: 80, host: host === '-' ? null : host, path, protocol: 'http' });
  return backend ? backend.services.join(' ') : '503';
}

const WILDCARDS = ['0: *.domain.com', '1: domain.*', '2: abc.domain.com'];
const PATHS = [...WILDCARDS, '3: abc.domain.com /service1.html', '4: *.domain.com /service1.html'];
const SHARED = [
  '0: abc1 /service1',
  '0: abc2 /service2',
  '1: abc1 /service1',
  '1: abc2 /service2',
  '2: abc1 /name',
  '2: abc2 /name',
];
const ONLY_PATHS = ['0: /service1.html', '1: /service2.html'];
const ONLY_HOSTS = ['0: www.abc.com', '1: www.abc1.com'];

describe('requests of LB-33', () => {
  test.each([
    [WILDCARDS, 'abc.domain.com /name.html', 's/2'],
    [WILDCARDS, 'abc.def.domain.com /service1.html', 's/0'],
    [WILDCARDS, 'domain.abc.def.com /service1.html', 's/1'],
    [WILDCARDS, 'domain.abc.com /name.html', 's/1'],
    [PATHS, 'abc.def.domain.com /service1.html', 's/4'],
    [PATHS, 'abc.def.domain.com /name.html', 's/0'],
    [PATHS, 'domain.abc.com /service1.html', 's/1'],
    [PATHS, 'abc.domain.com /name.html', 's/2'],
    [PATHS, 'abc.domain.com /service1.html', 's/3'],
    [['0: *.com /service1.html @1', '1: abc.domain.com /service1.html @2'], 'abc.domain.com /service1.html', 's/0'],
    [SHARED, 'abc1 /service1', 's/0 s/1'],
    [SHARED, 'abc1 /service2', '503'],
    [SHARED, 'abc2 /service2', 's/0 s/1'],
    [SHARED, 'abc2 /name', 's/2'],
    [ONLY_PATHS, 'www.any.com /service1.html', 's/0'],
    [ONLY_PATHS, '- /service1.html', 's/0'],
    [ONLY_PATHS, 'www.abc3.com /name.html', '503'],
    [ONLY_HOSTS, 'www.abc.com /any/path', 's/0'],
    [ONLY_HOSTS, 'WWW.abc.com:8080 /', 's/0'],
    [ONLY_HOSTS, 'www.abc.com.:80 /', 's/0'],
    [['0: [fd00::1]'], '[FD00::1]:80 /', 's/0'],
    [ONLY_HOSTS, 'www.abc2.com /', '503'],
    [ONLY_HOSTS, '- /', '503'],
  ])('%j: %s -> %s', (rules, request, expected) => {
    expect(route(rules, request)).toBe(expected);
    expect(route(rules.toReversed(), request)).toBe(expected);
  });
});

describe('paths', () => {
  const matching = (path: string, pathMatch: PortRule['pathMatch'], requests: readonly string[]) => {
    const table = tableFrom({ declarations: [balancer('shop/front', [rule({ path, pathMatch })])] });
    return requests.filter((one) => explainRequest(table, { port: 80, host: 'h', path: one, protocol: null }).rule);
  };
  const REQUESTS = ['/api', '/API', '/api/', '/api/x', '/apix', '/api?q=/x', '/x/api', '/'];

  test.each([
    ['/api', 'prefix', ['/api', '/API', '/api/', '/api/x', '/apix', '/api?q=/x']],
    ['/API', 'segment', ['/api', '/API', '/api/', '/api/x', '/api?q=/x']],
    ['/api', 'exact', ['/api', '/api?q=/x']],
    ['^/(api|x)/.', 'regex', ['/api/x', '/x/api']],
    ['/', 'segment', REQUESTS],
  ] as const)('%s as %s', (path, match, expected) => {
    expect(matching(path, match, REQUESTS)).toEqual(expected);
  });
});

describe('explainRequest()', () => {
  const rules = [
    rule({ hostname: 'a.com', path: '/x' }),
    rule({ hostname: '*.com', service: 'shop/none' }),
    rule({ service: 's/1' }),
  ];
  const table = tableFrom({
    declarations: [...SERVICES, balancer('shop/front', [...rules, rule({ sourcePort: 443, protocol: 'https' })])],
  });
  const ask = (host: string | null, path: string, port = 80, protocol: 'http' | 'https' | null = 'http') =>
    explainRequest(table, { port, host, path, protocol });

  test('gives the rules before the one that matches, and why they do not', () => {
    const { before, rule: found, backend } = ask('b.org', '/x');
    expect(before.map(({ rule: one, why }) => `${one.name}: ${why}`)).toEqual([
      'shop/front#1: the host is not a.com',
      'shop/front#2: the host is not *.com',
    ]);
    expect(found?.name).toBe('shop/front#3');
    expect(backend?.services).toEqual(['s/1']);
    expect(ask('a.com', '/y').before.map(({ why }) => why)).toEqual(['the path does not begin with /x']);
    expect(ask(null, '/').before.map(({ why }) => why)).toEqual([
      'the request names no host, and the rule is for a.com',
      'the request names no host, and the rule is for *.com',
    ]);
  });

  test('says why no rule was looked at', () => {
    expect(ask('a.com', '/', 81)).toMatchObject({ listener: null, fault: 'no rule of a load balancer is for port 81' });
    expect(ask('a.com', '/', 443)).toMatchObject({ rule: null, fault: 'port 443 is for https, not for http' });
    expect(ask('a.com', '/', 443, 'https').rule?.name).toBe('shop/front#4');
    expect(ask('a.com', '/', 443, null).fault).toBeNull();
  });
});
