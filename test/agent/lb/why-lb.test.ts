import { expect, test } from 'vitest';
import { type LiveLb, NOT_LIVE } from '../../../agent/control/lb/lb-page.ts';
import { explainLb, lbPort } from '../../../agent/control/lb/why-lb.ts';
import type { LbExplanation, LbPort, LbRequest } from '../../../agent/index.ts';
import { formatLbExplanation } from '../../../cli/output/lb-explanation.ts';
import { parseLbUrl } from '../../../cli/support/lb-url.ts';
import type { LbTable } from '../../../lb/index.ts';
import { type HostPattern, NO_BALANCER_OPTIONS, NO_RULE_OPTIONS, type PortRule } from '../../../model/index.ts';
import { type HostView, viewOf } from '../../../view/index.ts';
import { container, declaration, host, snapshot } from '../../view/world.ts';
import { backend, listener, row, rule, STATUS, server, table } from './tables.ts';

const RULE: PortRule = {
  sourcePort: 9000,
  protocol: 'http',
  path: null,
  pathMatch: 'prefix',
  hostname: null,
  service: 'shop/web',
  container: null,
  targetPort: 80,
  priority: null,
  backendName: null,
  selector: null,
  weight: 1,
  options: NO_RULE_OPTIONS,
};

const EDGE = declaration('edge/front', {
  kind: 'loadBalancerService',
  lbConfig: {
    certs: [],
    defaultCert: null,
    config: null,
    stickinessPolicy: null,
    portRules: [RULE],
    options: { ...NO_BALANCER_OPTIONS, hosts: { kind: 'labels', labels: { role: 'edge' } } },
    sinceMs: null,
  },
});

const VIEW = viewOf(
  snapshot({
    hosts: [host('a', { name: 'alpha' }), host('b', { name: 'beta', labels: { role: 'edge' } })],
    containers: [
      container('c1', 'shop/web', '10.42.0.1', { name: 'shop-web-1' }),
      container('c2', 'shop/web', '10.42.0.2', { name: 'shop-web-2', hostId: 'b' }),
    ],
    declarations: [EDGE],
  }),
  'a',
);

const SHOP: HostPattern = { kind: 'exact', text: 'shop.example.com' };

const TABLE = table(
  [
    listener(80, [
      rule('shop/front#2', 'api', { host: SHOP, path: { kind: 'segment', text: '/api' } }),
      rule('shop/web', 'web', { host: SHOP }),
      rule('shop/old', 'api', { host: { kind: 'suffix', text: '.example.com' } }),
    ]),
    listener(81, [rule('shop/tls', 'web', { options: { ...NO_RULE_OPTIONS, redirectHttps: true } })]),
    listener(443, [rule('shop/tls', 'web', { options: { ...NO_RULE_OPTIONS, redirectHttps: true } })], {
      protocol: 'https',
    }),
    listener(5432, [rule('shop/db', 'db')], { protocol: 'tcp', acceptProxy: true }),
  ],
  [
    backend('api', 'shop/api'),
    backend('db', 'shop/db', { protocol: 'tcp' }),
    backend('web', 'shop/web', {
      servers: [server('shop/web', '10.42.0.1', { containerId: 'c1' })],
      leftOut: [{ service: 'shop/web', containerId: 'c2', address: '10.42.0.2', reason: 'it is unhealthy' }],
    }),
  ],
);

const STAT = [...[80, 81, 443, 5432].map((port) => row(String(port), 'FRONTEND')), row('web', '10.42.0.1:8080')];

/** As the command does it, with the reply of the agent. */
function explain(
  view: HostView,
  of: LbTable,
  { asked, ...live }: LiveLb & { readonly asked: LbRequest },
): LbExplanation {
  const reply = JSON.stringify(lbPort(view, of, { port: asked.port, ...live }));
  return explainLb(JSON.parse(reply) as LbPort, asked);
}

function why(url: string): string {
  return `\n${formatLbExplanation(explain(VIEW, TABLE, { asked: parseLbUrl(url), status: null, stat: STAT }))}\n`;
}

test('explainLb() says which rule gets a request, why the others do not, and what is behind it', () => {
  expect(why('http://Shop.example.com/items?page=2')).toBe(`
http://shop.example.com:80/items on alpha
Rule shop/web sends it to backend web, with 1 ready server.

Rules, in the order of matching:
  RULE          HOST              PATH                  RESULT
  shop/front#2  shop.example.com  /api (segment)        the path is not in /api
  shop/web      shop.example.com  any             used  it is the first one that matches
  shop/old      *.example.com     any                   not tried: a rule before it matches

Servers:
  BACKEND  SERVER          STATE  WEIGHT  SESSIONS  PER SECOND  TOTAL  ERRORS  CONTAINER
  web      10.42.0.1:8080  ready  1       3         7           70     1       shop-web-1 on alpha

Left out:
  shop/web: shop-web-2 on beta: it is unhealthy
`);
});

test.each([
  [
    'http://shop.example.com/api',
    'Rule shop/front#2 sends it to backend api, which has no ready server: the client gets 503.',
  ],
  ['http://other.org/', 'No rule of port 80 matches: the client gets 503.'],
  ['http://any.org:81/x', 'Rule shop/tls answers with a redirect to https.'],
  ['https://any.org/', 'Rule shop/tls sends it to backend web, with 1 ready server.'],
  ['https://shop.example.com:80/', 'The request fails: port 80 is for http, not for https.'],
  ['tcp://:5432', 'Rule shop/db sends it to backend db, which has no ready server: the connection is closed.'],
  ['tcp://:5432', 'tcp://:5432 on alpha'],
  ['tcp://:9000', 'Nothing listens on port 9000 of this host: the connection is refused.'],
])('explainLb() of %s: %s', (url, outcome) => {
  expect(why(url)).toContain(`${outcome}\n`);
});

test('explainLb() shows a redirect to https only where it acts', () => {
  const options = (url: string) => explain(VIEW, TABLE, { asked: parseLbUrl(url), ...NOT_LIVE }).rules[0]?.options;
  expect(options('http://any.org:81/')).toEqual(['redirects to https']);
  expect(options('https://any.org/')).toEqual([]);
});

test('explainLb() names the hosts that run a load balancer which this host does not', () => {
  expect(why('http://shop.example.com:9000/')).toContain(
    'Load balancer edge/front listens on this port and runs on beta, not on this host.',
  );
  const onBeta = explain(viewOf(VIEW.snapshot, 'b'), TABLE, { asked: parseLbUrl('tcp://:9000'), ...NOT_LIVE });
  expect(onBeta.elsewhere).toEqual([]);
  expect(why('tcp://:5432')).toContain('Note: clients of port 5432 must send the PROXY protocol');
});

test('explainLb() does not count servers that HAProxy does not have yet, nor ports that it has not opened', () => {
  const asked = parseLbUrl('http://shop.example.com/');
  const late = explain(VIEW, TABLE, { asked, status: null, stat: [row('80', 'FRONTEND')] });
  expect(late.outcome).toBe('Rule shop/web sends it to backend web, which has no ready server: the client gets 503.');
  expect(explain(VIEW, TABLE, { asked, status: null, stat: [] }).outcome).toBe(
    'HAProxy of this host does not listen on port 80, although there are rules for it.',
  );
});

test('explainLb() says that something is left out, and that HAProxy does not have the newest rules', () => {
  const problems = [{ service: 'shop/old', subject: 'label drover.lb.host', what: 'is wrong', hint: 'correct it' }];
  const asked = parseLbUrl('http://other.org/');
  expect(explain(VIEW, { ...TABLE, problems }, { asked, ...NOT_LIVE }).notes).toEqual([
    '1 problem leaves something out: see `drover lb`',
  ]);
  const status = { ...STATUS, isCurrent: false };
  expect(explain(VIEW, { ...TABLE, problems }, { asked, status, stat: STAT }).notes).toEqual([
    'the running HAProxy does not have the newest rules yet',
    '2 problems leave something out: see `drover lb`',
  ]);
  expect(explain(VIEW, TABLE, { asked, ...NOT_LIVE }).notes).toEqual([]);
});

test('explainLb() says why HAProxy does not run', () => {
  const problems = [{ subject: 'load balancer', what: 'HAProxy cannot be run', hint: 'install the package haproxy' }];
  const status = { ...STATUS, state: 'starting', problems } as const;
  const live = { asked: parseLbUrl('http://shop.example.com/'), status, stat: null };
  expect(explain(VIEW, TABLE, live).notes).toEqual([
    'load balancer: HAProxy cannot be run; install the package haproxy',
  ]);
});

test('the agent runs no regular expression of a user, and gives no hash of a password', () => {
  const slow = { kind: 'regex', text: '^/(a+)+$' } as const;
  const options = { ...NO_RULE_OPTIONS, basicAuth: ['ann:$6$secret'] };
  const of = table([listener(80, [rule('shop/web', 'web', { path: slow, options })])], [backend('web', 'shop/web')]);
  const text = JSON.stringify(lbPort(VIEW, of, { port: 80, ...NOT_LIVE }));
  expect(text).not.toContain('secret');
  expect(text).not.toContain('does not match');
  const asked = parseLbUrl('http://x/b');
  expect(explainLb(JSON.parse(text) as LbPort, asked)).toMatchObject({
    outcome: 'No rule of port 80 matches: the client gets 503.',
    rules: [{ why: 'the path does not match ^/(a+)+$', options: ['password (1 user)'] }],
  });
  // Without a limit it would take days.
  expect(explainLb(JSON.parse(text) as LbPort, parseLbUrl(`http://x/${'a'.repeat(60)}!`))).toMatchObject({
    outcome: 'No rule of port 80 matches: the client gets 503.',
    rules: [{ why: 'the path takes too long to compare here; HAProxy gives up early and treats it as no match' }],
  });
  expect(explainLb(JSON.parse(text) as LbPort, parseLbUrl('http://x/aa')).rules).toMatchObject([{ chosen: true }]);
});

test('explainLb() names the server that `balance source` chooses for a client', () => {
  const options = { ...NO_RULE_OPTIONS, balance: 'source' as const };
  const servers = ['10.42.0.1', '10.42.0.2'].map((address, at) =>
    server('shop/web', address, { containerId: `c${at + 1}` }),
  );
  const bySource = table(
    [listener(5432, [rule('shop/web', 'web')], { protocol: 'tcp' })],
    [backend('web', 'shop/web', { protocol: 'tcp', options, servers })],
  );
  const stat = [
    row('web', '10.42.0.1:8080', { sid: '7', weight: '1' }),
    row('web', '10.42.0.2:8080', { sid: '8', weight: '256', status: 'MAINT' }),
  ];
  const asked = parseLbUrl('tcp://:5432', '192.0.2.7');
  const notes = (of: LbTable, live: LiveLb) => explain(VIEW, of, { asked, ...live }).notes;
  expect(notes(bySource, { status: null, stat })).toContain(
    'a client at 192.0.2.7 gets server 10.42.0.1:8080 (shop-web-1)',
  );
  expect(notes(bySource, NOT_LIVE).join()).toMatch(/not known which server a client at 192\.0\.2\.7 gets/);
  const tcp = { ...bySource, backends: [backend('web', 'shop/web', { protocol: 'tcp', servers })] };
  expect(notes(tcp, { status: null, stat }).join()).toContain('does not balance by the address');
  expect(() => parseLbUrl('tcp://:5432', 'web')).toThrow(/not an IP address/);
});

test('formatLbExplanation() shows the rules near the one that matches', () => {
  const rules = Array.from({ length: 100 }, (_, at) =>
    rule(`shop/s${at}`, 'web', { host: { kind: 'exact', text: `s${at}.example.com` } }),
  );
  const many = table([listener(80, rules)], [backend('web', 'shop/web')]);
  const asked = parseLbUrl('http://s50.example.com/');
  const text = formatLbExplanation(explain(VIEW, many, { asked, ...NOT_LIVE }));
  expect(text).toContain('  30 rules before these do not match, either (--json lists all)');
  expect(text).toContain('  and 44 more (--json lists all)');
});

test.each<readonly [string, Partial<LbRequest> | null]>([
  ['http://Shop.Example.com.', { protocol: 'http', host: 'shop.example.com', port: 80, path: '/' }],
  ['https://[FD00::1]/A%20b?q#f', { protocol: 'https', host: '[fd00::1]', port: 443, path: '/A%20b' }],
  ['http:///x', { host: '', port: 80, path: '/x' }],
  ['SNI://db.example.com:8443', { protocol: 'sni', host: 'db.example.com', port: 8443 }],
  ['tcp://:5432', { protocol: 'tcp', host: '', port: 5432 }],
  ['tcp://db.example.com', null],
  ['http://x:70000/', null],
  ['http://user@x/', null],
  ['ftp://x/', null],
  ['shop.example.com/x', null],
])('parseLbUrl() of %s', (url, request) => {
  if (request) expect(parseLbUrl(url)).toMatchObject(request);
  else expect(() => parseLbUrl(url)).toThrow(/write it like http:/);
});
