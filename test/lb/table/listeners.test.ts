import { describe, expect, test } from 'vitest';
import { container, declaration } from '../../view/world.ts';
import { balancer, problemsOf, rule, tableFrom } from './table-world.ts';

const WEB = declaration('shop/web');
const https = (hostname: string) => rule({ sourcePort: 443, protocol: 'https', hostname });

function listener(first: Parameters<typeof balancer>[2], second: Parameters<typeof balancer>[2], labels = {}) {
  const declarations = [WEB, balancer('a/lb', [https('a.com')], first), balancer('b/lb', [https('b.com')], second)];
  return tableFrom({ declarations, containers: [container('c', 'shop/api', '10.42.1.1', { labels })] });
}

describe('a port that balancers share', () => {
  test.each([
    [
      'all certificates of all',
      { certs: ['x'], defaultCert: 'd' },
      { certs: ['y', 'x'], defaultCert: 'e' },
      { names: ['d', 'e', 'x', 'y'], default: 'd' },
    ],
    [
      'those that are named, without a default',
      { certs: ['x'] },
      { certs: ['y'] },
      { names: ['x', 'y'], default: null },
    ],
    ['one wants all of the directory', { certs: ['x'] }, { defaultCert: 'e' }, { names: [], default: 'e' }],
  ])('%s', (_, first, second, expected) => {
    expect(listener(first, second).listeners[0]).toMatchObject({ certificates: expected, balancers: ['a/lb', 'b/lb'] });
  });

  test('labels want all certificates', () => {
    const labels = { 'drover.lb.host': 'c.com', 'drover.lb.entry': 'https' };
    expect(listener({ certs: ['x'] }, { certs: ['y'] }, labels).listeners[0]).toMatchObject({
      certificates: { names: [], default: null },
      balancers: ['a/lb', 'b/lb', 'shop/api'],
    });
  });

  test('one of them wants an access log or an error page', () => {
    const { listeners } = listener({}, { options: { accessLog: true, errorPage: '<p>' } });
    expect(listeners[0]).toMatchObject({ accessLog: true, errorPage: '<p>' });
    expect(listener({}, {}).listeners[0]).toMatchObject({ accessLog: false, errorPage: null });
  });

  test('LB-56: the owner of the port decides on the PROXY protocol', () => {
    const accept = { config: 'frontend 443\n  mode http\n  accept-proxy' };
    expect(listener(accept, accept).listeners[0]?.acceptProxy).toBe(true);
    expect(listener(accept, accept).problems).toEqual([]);
    expect(listener({}, accept).listeners[0]?.acceptProxy).toBe(false);
    expect(problemsOf(listener({}, accept))).toEqual([
      'b/lb: load balancer rule b/lb#1 shares port 443 with older rules, which do not accept the PROXY protocol; this load balancer does',
    ]);
    expect(problemsOf(listener(accept, {}))).toEqual([
      'b/lb: load balancer rule b/lb#1 shares port 443 with older rules, which accept the PROXY protocol; this load balancer does not',
    ]);
  });

  test.each([
    ['another frontend', 'frontend 80\n accept-proxy'],
    ['another section after it', 'frontend 443\nbackend x\n accept-proxy'],
    ['no section', 'accept-proxy'],
    ['a longer line', 'frontend 443\n accept-proxy x'],
  ])('accept-proxy in %s does not count', (_, config) => {
    expect(listener({ config }, {}).listeners[0]?.acceptProxy).toBe(false);
  });
});

test('only listeners with TLS have certificates', () => {
  const rules = (['http', 'https', 'tcp', 'tls', 'sni'] as const).map((protocol, at) =>
    rule({ protocol, sourcePort: 80 + at }),
  );
  const { listeners } = tableFrom({ declarations: [WEB, balancer('a/lb', rules)] });
  expect(listeners.map(({ certificates }) => certificates !== null)).toEqual([false, true, false, true, false]);
});

test('custom configurations are those of the balancers that run here, sorted', () => {
  const declarations = [
    balancer('b/lb', [], { config: 'global\n maxconn 1' }),
    balancer('a/lb', [], { config: 'defaults', sinceMs: 9 }),
    balancer('c/lb', [], { config: ' \n' }),
  ];
  expect(tableFrom({ declarations }).customConfigs).toEqual([
    { balancer: 'a/lb', text: 'defaults' },
    { balancer: 'b/lb', text: 'global\n maxconn 1' },
  ]);
});

test.each([
  ['http', 'insert', true],
  ['http', null, false],
  ['tcp', 'insert', false],
] as const)('LB-57: stickiness of %s with mode %s: %s', (protocol, mode, expected) => {
  const policy = { name: null, cookie: 'c', domain: null, indirect: true, nocache: true, postonly: false, mode };
  const { backends } = tableFrom({
    declarations: [WEB, balancer('a/lb', [rule({ protocol })], { stickinessPolicy: policy })],
  });
  expect(backends[0]?.stickiness).toEqual(expected ? policy : null);
});
