import { expect, test } from 'vitest';
import type { FoundRoute } from '../../../agent/control/overlay/read-route.ts';
import type { TunnelSources } from '../../../agent/control/overlay/tunnel-sources.ts';
import { explainPath } from '../../../agent/control/overlay/why-path.ts';
import { formatPathExplanation } from '../../../cli/output/path-explanation.ts';
import type { HostView } from '../../../view/index.ts';
import { path, tunnel, tunnelSources, viewWith } from './worlds.ts';

const UP = tunnelSources({ b: path('up'), c: path('up') });
const OVER_WIREGUARD: FoundRoute = { ok: true, device: 'drover-wg0', text: 'on drover-wg0' };

interface Asked {
  readonly view?: HostView;
  readonly tunnels?: TunnelSources;
  readonly route?: FoundRoute;
  readonly port?: number;
}

async function ask(from: string, to: string, { view = viewWith(), tunnels = UP, route, port }: Asked = {}) {
  const sources = { tunnels, readRoute: async () => route ?? OVER_WIREGUARD };
  const found = await explainPath(view, { from, to, port: port ?? null }, sources);
  if (!found.ok) return `${found.problem.subject} ${found.problem.what}`;
  return formatPathExplanation(found.value);
}

test('Q21 the whole way from a container to a name on another host', async () => {
  const view = viewWith({ b: {} });
  expect(
    await ask('shop-app-1', 'shop-web-1', { view, port: 80 }),
  ).toBe(`shop-app-1 -> shop-web-1, port 80, as alpha knows it
Nothing that Drover knows of stops the packets.

The way of the packets:
  STEP        STATE  DETAILS
  from        ok     shop-app-1 on alpha, running
  to          ok     shop-web-1 on beta, running
  address     ok     10.42.2.5 on network net-managed
  route       ok     10.42.2.5 on drover-wg0
  tunnel      ok     wireguard to 192.0.2.2, UDP port 51820
  path there  ok     alpha -> beta: probes arrive, round trip 0.5 ms, MTU 1440
  path back   ok     beta -> alpha: probes arrive
  port        ?      Drover does not know whether shop-web-1 on beta listens on port 80; try: nc -vz 10.42.2.5 80`);
});

test.each<[string, string, string, Asked, string]>([
  ['an unknown container', 'shop-app-1', 'nothing', {}, 'container nothing is not known on any host'],
  ['an address outside all subnets', 'shop-app-1', '10.99.0.1', {}, 'address 10.99.0.1 belongs to no host'],
  ['an address without container', 'alpha', '10.42.2.77', {}, 'is in the subnet of host beta, but no container has it'],
  [
    'a stopped container',
    'shop-app-1',
    'shop-job-1',
    {},
    'Stopped: container shop-job-1 on beta is stopped\nFix: run `docker start',
  ],
  [
    'no common network',
    'shop-app-1',
    'shop-alone-1',
    {},
    'Stopped: shop-alone-1 on beta is not reachable from shop-app-1 on alpha',
  ],
  [
    'no tunnel in common',
    'alpha',
    'beta',
    { tunnels: tunnelSources({}, { tunnels: () => [tunnel('b', { backend: null })] }) },
    'Stopped: host beta shares no backend with this host',
  ],
  [
    'no peer',
    'alpha',
    'beta',
    { tunnels: tunnelSources({}, { tunnels: () => [] }) },
    'Stopped: host beta has no route',
  ],
  [
    'a route that drops',
    'alpha',
    'beta',
    { route: { ok: false, what: 'packets are dropped' } },
    'Stopped: route to 10.42.2.1 packets are dropped',
  ],
  [
    "somebody else's route",
    'alpha',
    'beta',
    { route: { ok: true, device: 'eth0', text: 'on eth0' } },
    'Stopped: route to 10.42.2.1 leads to eth0, not to drover-wg0 of wireguard',
  ],
  [
    'packets that do not arrive',
    'shop-app-1',
    '10.42.2.5',
    { tunnels: tunnelSources({ b: path('unheard') }) },
    'Stopped: path from alpha to beta no packets arrive, packets in the other direction arrive',
  ],
  [
    'replies that do not arrive',
    'beta',
    'alpha',
    { tunnels: tunnelSources({ b: path('unheard') }) },
    'Stopped: path from alpha to beta no packets arrive, packets in the other direction arrive',
  ],
])('Q21 %s stops it', async (_, from, to, asked, expected) => {
  expect(await ask(from, to, asked)).toContain(expected);
});

test.each<[string, string, string, string]>([
  ['two containers of one host', 'shop-app-1', 'shop-web-2', 'both are on alpha: the packets do not leave it'],
  ['a DNS name', 'shop-app-1', 'web.shop', 'is an endpoint of web.shop, as are'],
  ['a host and an address', 'alpha', '10.42.2.1', 'host beta has the address 10.42.2.1'],
  ['two other hosts', 'beta', 'gamma', 'neither end is on this host: run it on beta for its route and tunnel'],
])('drover why path takes %s', async (_, from, to, expected) => {
  expect(await ask(from, to)).toContain(expected);
});
