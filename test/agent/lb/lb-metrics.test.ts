import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { addLb, type LbNumbers, NO_LB } from '../../../agent/control/lb/lb-metrics.ts';
import { backend, listener, row, rule, server, table } from './tables.ts';

const TABLE = table(
  [listener(80, [rule('shop/web', 'web80')]), listener(443, [rule('shop/web:tls', 'web443')])],
  [
    backend('web80', 'shop/web', { servers: [server('shop/web', '10.42.0.1'), server('shop/web', '10.42.0.2')] }),
    backend('web443', 'shop/web', { servers: [server('shop/web', '10.42.0.1', { state: 'drain' })] }),
  ],
);

const STAT = [
  row('80', 'FRONTEND', { hrsp_2xx: '80', hrsp_5xx: '4' }),
  row('stats', 'FRONTEND'),
  row('web80', '10.42.0.1:8080'),
  row('web80', 'BACKEND', { hrsp_2xx: '50' }),
  row('web443', '10.42.0.1:8080', { status: 'MAINT' }),
  row('web443', 'BACKEND', { hrsp_2xx: '7', econ: '2' }),
];

const TAKEN = { subject: 'port 443', what: 'is used by another program', hint: 'stop it' };
const WRONG = { service: 'shop/web', subject: 'label drover.lb.host', what: 'is wrong', hint: 'correct it' };

async function render(changes: Partial<LbNumbers>): Promise<readonly string[]> {
  const registry = new Registry();
  addLb(registry, () => ({ ...NO_LB, ...changes }));
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const samples = (lines: readonly string[], name: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`drover_lb_${name}`)).map((line) => line.slice('drover_lb_'.length));

test('addLb() counts by listener and by service, and adds the backends of one service', async () => {
  const status = { reloads: 3, reloadFailures: 1, generations: 2, serverChanges: 40, problems: [TAKEN] };
  const certificates = new Map([['shop', 1_800_000_000_000]]);
  const lines = await render({ table: { ...TABLE, problems: [WRONG] }, stat: STAT, status, certificates });
  expect(samples(lines, 'problems')).toEqual(['problems 2']);
  expect(samples(lines, 'up')).toEqual(['up 1']);
  expect(samples(lines, 'reloads_total')).toEqual(['reloads_total 3']);
  expect(samples(lines, 'generations')).toEqual(['generations 2']);
  expect(samples(lines, 'certificate')).toEqual([
    'certificate_expiry_timestamp_seconds{certificate="shop"} 1800000000',
  ]);
  expect(samples(lines, 'listener_sessions')).toEqual(['listener_sessions{port="80"} 3']);
  expect(samples(lines, 'listener_requests_total{port="80",code="2xx"}')).toEqual([
    'listener_requests_total{port="80",code="2xx"} 80',
  ]);
  expect(samples(lines, 'service_requests_total{service="shop/web",code="2xx"}')).toEqual([
    'service_requests_total{service="shop/web",code="2xx"} 57',
  ]);
  expect(samples(lines, 'service_errors_total{service="shop/web",kind="connect"}')).toEqual([
    'service_errors_total{service="shop/web",kind="connect"} 3',
  ]);
  expect(samples(lines, 'servers')).toEqual([
    'servers{service="shop/web",state="ready"} 1',
    'servers{service="shop/web",state="draining"} 1',
    'servers{service="shop/web",state="adding"} 1',
    'servers{service="shop/web",state="removing"} 0',
    'servers{service="shop/web",state="unresolved"} 0',
    'servers{service="shop/web",state="unknown"} 0',
  ]);
});

test('addLb() counts connections to services that are not http', async () => {
  const wanted = table(
    [listener(25, [rule('shop/mail', 'mail')], { protocol: 'tcp' })],
    [backend('mail', 'shop/mail')],
  );
  const stat = [row('mail', 'BACKEND', { mode: 'tcp' }), row('web80', 'BACKEND')];
  const backends = [...wanted.backends, ...TABLE.backends];
  const lines = await render({ table: { ...wanted, backends }, stat });
  expect(samples(lines, 'service_connections_total')).toEqual(['service_connections_total{service="shop/mail"} 70']);
  expect(samples(lines, 'service_requests_total{service="shop/mail"')).toEqual([]);
});

test('addLb() says that HAProxy does not reply, and nothing on a host that balances nothing', async () => {
  expect(samples(await render({ table: TABLE }), 'up')).toEqual(['up 0']);
  expect(await render({})).toEqual([]);
  expect(await render({ table: table([], []) })).toEqual([]);
  expect(await render({ table: { ...table([], []), problems: [WRONG] } })).toEqual(['drover_lb_problems 1']);
});
