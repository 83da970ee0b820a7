import { expect, test } from 'vitest';
import { type LbPage, lbPage, NOT_LIVE } from '../../../agent/control/lb/lb-page.ts';
import { withoutSecrets } from '../../../agent/control/lb/lb-sources.ts';
import { publishedAt } from '../../../agent/control/lb/published.ts';
import { formatLb } from '../../../cli/output/lb-page.ts';
import type { LbStatus, StatRow } from '../../../lb/index.ts';
import { type HostPattern, NO_RULE_OPTIONS } from '../../../model/index.ts';
import { viewOf } from '../../../view/index.ts';
import { container, host, snapshot } from '../../view/world.ts';
import { backend, listener, NOW, row, rule, STATUS, server, table } from './tables.ts';

const VIEW = viewOf(
  snapshot({
    hosts: [host('a', { name: 'alpha' }), host('b', { name: 'beta' })],
    containers: [
      container('c1', 'shop/web', '10.42.0.1', { name: 'shop-web-1' }),
      container('c2', 'shop/web', '10.42.0.2', { name: 'shop-web-2', hostId: 'b' }),
      container('c3', 'shop/web', '10.42.0.3', { name: 'shop-web-3', health: 'unhealthy' }),
    ],
  }),
  'a',
);

const SHOP: HostPattern = { kind: 'exact', text: 'shop.example.com' };

const TABLE = table(
  [
    listener(80, [
      rule('shop/front#2', 'api', { host: SHOP, path: { kind: 'segment', text: '/api' }, priority: 1 }),
      rule('shop/web', 'web', {
        host: { kind: 'suffix', text: '.example.com' },
        options: { ...NO_RULE_OPTIONS, gzip: true, basicAuth: ['ann:$2y$05$secret'], sendProxy: 'v2' },
      }),
    ]),
    listener(5432, [rule('shop/db', 'db')], { protocol: 'tcp' }),
  ],
  [
    backend('api', 'shop/api', { balancer: 'shop/front' }),
    backend('db', 'shop/db', {
      protocol: 'tcp',
      namedServers: [{ hostname: 'db.example.com', port: 5432, weight: 1, service: 'shop/db' }],
    }),
    backend('web', 'shop/web', {
      servers: [
        server('shop/web', '10.42.0.1', { containerId: 'c1' }),
        server('shop/web', '10.42.0.2', { containerId: 'c2', state: 'drain' }),
      ],
      leftOut: [{ service: 'shop/web', containerId: 'c3', address: '10.42.0.3', reason: 'it is unhealthy' }],
    }),
  ],
  [{ service: 'shop/old', subject: 'service shop/old', what: 'has no port', hint: 'set the label drover.lb.port' }],
);

const STAT = [
  row('80', 'FRONTEND', { req_rate: '9', req_tot: '90', hrsp_5xx: '4' }),
  row('web', '10.42.0.1:8080', { hrsp_5xx: '2' }),
  row('web', '10.42.0.2:8080', { status: 'MAINT' }),
  row('web', '10.42.0.9:8080', { status: 'MAINT' }),
  row('web', 'BACKEND'),
  row('db', 'db.example.com:5432', { mode: 'tcp', status: 'MAINT (resolution)' }),
];

function page(stat: readonly StatRow[] | null = STAT, status: Partial<LbStatus> = {}): LbPage {
  return lbPage(VIEW, TABLE, { stat, status: { ...STATUS, ...status } });
}

test('lbPage() and formatLb() show listeners, rules in order, servers with containers, what is left out, and problems', () => {
  expect(`\n${formatLb(page(), NOW)}\n`).toBe(`
HAProxy 2.6.12 (OPENSSL, PCRE2_JIT, SLZ, THREAD) on alpha, running, 3 reloads (last 5 min ago), 40 changes of servers without a reload

LISTENER  PROTOCOL  STATE   SESSIONS  PER SECOND  TOTAL  ERRORS  DECLARED BY
80        http      open    3         9           90     4       shop/front, shop/web
5432      tcp       closed  -         -           -      -       shop/db

Rules, in the order of matching:
  LISTENER  HOST              PATH            PRIORITY  BACKEND  RULE          OPTIONS
  80        shop.example.com  /api (segment)  1         api      shop/front#2  -
  80        *.example.com     any             -         web      shop/web      gzip, password (1 user), PROXY v2 to containers
  5432      any               any             -         db       shop/db       -

Servers:
  BACKEND  SERVER               STATE       WEIGHT  SESSIONS  PER SECOND  TOTAL  ERRORS  CONTAINER
  api      none                 -           -       -         -           -      -       -
  db       db.example.com:5432  unresolved  1       3         7           70     1       -
  web      10.42.0.1:8080       ready       1       3         7           70     3       shop-web-1 on alpha
  web      10.42.0.2:8080       draining    1       3         7           70     1       shop-web-2 on beta
  web      10.42.0.9:8080       removing    0       3         7           70     1       -

Left out:
  shop/web: shop-web-3 on alpha: it is unhealthy

Problems:
  port 443: is used by another program; stop it
  service shop/old: has no port; set the label drover.lb.port
`);
});

test('lbPage() shows the table while HAProxy does not reply, and servers that HAProxy does not have yet', () => {
  const silent = page(null);
  expect(silent.listeners.map(({ state, traffic }) => [state, traffic])).toEqual([
    ['unknown', null],
    ['unknown', null],
  ]);
  expect(silent.backends[2]?.servers.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  const late = page([row('web', 'BACKEND')]);
  expect(late.backends[2]?.servers.map(({ state }) => state)).toEqual(['adding', 'adding']);
});

test('formatLb() says that HAProxy starts, that reloads failed and that old connections continue', () => {
  const text = formatLb(
    page(null, { state: 'starting', version: null, isCurrent: false, reloadFailures: 1, generations: 2 }),
    NOW,
  );
  expect(text.split('\n')[0]).toBe(
    'HAProxy on alpha, starting, 3 reloads (last 5 min ago), 1 failed reload, 40 changes of servers without a reload, new rules are not in force yet, 2 generations: old connections continue',
  );
});

test('lbPage() and formatLb() show certificates while a listener needs them, without the path of the key', () => {
  const day = 24 * 3_600_000;
  const certificate = {
    ...{ name: 'shop', names: ['shop.test', '*.shop.test', 'a.test', 'b.test', 'c.test'], keyType: 'ec prime256v1' },
    ...{
      fingerprint: 'AB',
      notBeforeMs: NOW - day,
      notAfterMs: NOW + 59.5 * day,
      file: '/run/drover/lb/certs/shop.pem',
    },
  };
  const old = { ...certificate, name: 'old', names: ['old.test'], notAfterMs: NOW - 3 * day };
  const certificates = [old, certificate];
  const secure = table([listener(443, [rule('shop/web', 'web')], { protocol: 'https' })], []);
  const live = lbPage(VIEW, secure, { ...NOT_LIVE, certificates });
  expect(`\n${formatLb(live, NOW).split('\n\n').at(-1)}\n`).toBe(`
Certificates:
  NAME  FOR                                     KEY            EXPIRES
  old   old.test                                ec prime256v1  3 d ago
  shop  shop.test, *.shop.test, a.test, 2 more  ec prime256v1  in 59 d
`);
  expect(JSON.stringify(live)).not.toContain('/run/drover');
  expect(formatLb(lbPage(VIEW, TABLE, { ...NOT_LIVE, certificates }), NOW)).not.toContain('Certificates');
});

test('lbPage() has no names of users and no hashes of passwords', () => {
  expect(JSON.stringify(page())).not.toMatch(/ann|secret/);
});

test('formatLb() says how to publish a service when there is nothing to balance', () => {
  const empty = formatLb(lbPage(VIEW, table([], []), NOT_LIVE), NOW);
  expect(empty).toBe(
    'This host balances nothing. To publish a service, set the label drover.lb.host on it (docs/load-balancer.md).',
  );
});

test('publishedAt() names the URLs of each service', () => {
  const https = listener(443, [rule('shop/web', 'web', { host: SHOP })], { protocol: 'https' });
  const other = listener(8443, [rule('shop/web', 'web', { path: { kind: 'prefix', text: '/x' } })]);
  const published = publishedAt({ ...TABLE, listeners: [...TABLE.listeners, https, other] });
  expect(Object.fromEntries(published)).toEqual({
    'shop/api': ['http://shop.example.com/api'],
    'shop/web': ['http://*.example.com', 'https://shop.example.com', 'http://*:8443/x'],
    'shop/db': ['tcp://*:5432'],
  });
});

test('formatLb() shows a plain prefix as it is, and an endpoint of two backends that is left out once', () => {
  const leftOut = [{ service: 'shop/web', containerId: null, address: '10.42.0.9', reason: 'it stops' }];
  const backends = [backend('one', 'shop/web', { leftOut }), backend('two', 'shop/web', { leftOut })];
  const rules = [rule('shop/web', 'one', { path: { kind: 'prefix', text: '/x' } }), rule('shop/web:two', 'two')];
  const text = formatLb(lbPage(VIEW, table([listener(80, rules)], backends), NOT_LIVE), NOW);
  expect(text).toMatch(/^ {2}80 +any +\/x +one +shop\/web$/m);
  expect(text.match(/10\.42\.0\.9: it stops/g)).toHaveLength(1);
});

test('withoutSecrets() hides passwords and their hashes', () => {
  const lines = ['userlist u', '  user ann password $6$salt$hash', '  user bob insecure-password open groups g'];
  expect(withoutSecrets(lines.join('\n')).split('\n')).toEqual([
    'userlist u',
    '  user ann password ***',
    '  user bob insecure-password *** groups g',
  ]);
});
