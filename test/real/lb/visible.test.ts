import { Registry } from 'prom-client';
import { afterAll, expect, test } from 'vitest';
import { addLb } from '../../../agent/control/lb/lb-metrics.ts';
import { lbPage } from '../../../agent/control/lb/lb-page.ts';
import { lbNumbers, withoutSecrets } from '../../../agent/control/lb/lb-sources.ts';
import { formatLb } from '../../../cli/output/lb-page.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { viewOf } from '../../../view/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { startBalancedHost } from '../../support/lb/balanced-host.ts';
import { startEcho } from '../../support/lb/echo-process.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { host as hostFact, snapshot } from '../../view/world.ts';

const resources = createResources();
afterAll(() => resources.close());

const VIEW = viewOf(snapshot({ hosts: [hostFact('a')] }), 'a');
const USER = `ann:$6$salt$${'x'.repeat(86)}`;

test('Q40 the page and the metrics have what the running HAProxy counts, and no password', async () => {
  const host = await startBalancedHost(resources);
  const [port, adminPort, app] = [await freePort(), await freePort(), await startEcho(resources)];
  const admin = rule('admin', { options: { ...NO_RULE_OPTIONS, basicAuth: [USER] } });
  const listeners = [
    listener(port, { rules: [rule('none', { path: { kind: 'prefix', text: '/none' } }), rule('web')] }),
    listener(adminPort, { rules: [admin] }),
    listener(app, { rules: [rule('web')] }),
  ];
  const backends = [
    backend('admin', { options: admin.options }),
    backend('none', { services: ['shop/none'] }),
    backend('web', {
      servers: [server('127.0.0.1', app), server('127.0.1.1', app, { state: 'drain' })],
      namedServers: [{ hostname: 'missing.invalid', port: 80, weight: 1, service: 'shop/web' }],
    }),
  ];
  const wanted = table({ listeners, backends });
  host.setTable(wanted);
  await host.settled();

  const get = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })).status;
  expect([await get('/a'), await get('/b'), await get('/none')]).toEqual([200, 200, 503]);

  const read = async () => {
    const stat = await host.balancer.readStat(AbortSignal.timeout(5_000));
    return lbPage(VIEW, wanted, { status: host.balancer.status(), stat });
  };
  const page = await poll(
    async () => {
      const now = await read();
      return now.listeners[0]?.traffic?.total === 3 ? now : null;
    },
    { what: 'three requests' },
  );
  expect(page.haproxy).toMatchObject({ state: 'running', version: expect.stringMatching(/^\d/) });
  expect(page.listeners[0]?.traffic).toMatchObject({ total: 3, errors: 1 });
  // The application itself has the third port.
  expect(page.listeners.map(({ state }) => state)).toEqual(['open', 'open', 'closed']);
  expect(page.problems).toEqual([expect.objectContaining({ subject: expect.stringContaining(String(app)) })]);
  const servers = page.backends.find(({ name }) => name === 'web')?.servers ?? [];
  expect(servers.map(({ name, state, traffic }) => [name, state, traffic?.total])).toEqual([
    [`127.0.0.1:${app}`, 'ready', 2],
    [`127.0.1.1:${app}`, 'draining', 0],
    ['missing.invalid:80', 'unresolved', 0],
  ]);
  const config = withoutSecrets((await host.balancer.config()) ?? '');
  expect(config).toMatch(/^ {2}user ann password \*\*\*$/m);
  expect(JSON.stringify(page) + formatLb(page, Date.now()) + config).not.toContain(USER.slice(10));

  const registry = new Registry();
  const { balancer } = host;
  const stat = () => balancer.readStat(AbortSignal.timeout(5_000));
  const { status, config: file, certificates } = balancer;
  const numbers = await lbNumbers({ table: () => wanted, status, config: file, certificates, stat });
  addLb(registry, () => numbers);
  const metrics = await registry.metrics();
  expect(metrics).toContain(`drover_lb_listener_requests_total{port="${port}",code="5xx"} 1\n`);
  expect(metrics).toContain('drover_lb_service_requests_total{service="shop/web",code="2xx"} 2\n');
  expect(metrics).toContain('drover_lb_servers{service="shop/web",state="draining"} 1\n');
  expect(metrics).toContain('drover_lb_up 1\n');
});
