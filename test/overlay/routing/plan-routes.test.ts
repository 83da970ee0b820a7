import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IpRoute } from '../../../linux/ip-json.ts';
import { batch, formatStep, type Step, step } from '../../../linux/step.ts';
import {
  type DesiredRouting,
  type Peer,
  defaultRoutingSettings as settings,
} from '../../../overlay/routing/desired-routing.ts';
import { planRouteRemoval, planRoutes, routeDeletions } from '../../../overlay/routing/plan-routes.ts';
import { renderNetworkAcceptRules, renderNetworkTable } from '../../../overlay/routing/render.ts';

const own = { subnet: '10.42.1.0/24', gateway: '10.42.1.1', device: 'drover1' };
const peer = (hostId: string, address: string, ...subnets: string[]): Peer => ({
  hostId,
  subnets,
  hop: { device: null, gateway: address },
  mtu: null,
});
const through = (hostId: string, device: string, gateway: string | null, subnet: string): Peer => ({
  hostId,
  subnets: [subnet],
  hop: { device, gateway },
  mtu: 1370,
});
const desired: DesiredRouting = {
  ranges: ['10.43.0.0/16', '10.42.0.0/16'],
  own,
  peers: [peer('b', '192.0.2.2', '10.42.2.0/24'), peer('c', '192.0.2.3', '10.42.3.0/24', '10.43.0.0/24')],
};
const connected: IpRoute = { dst: '10.42.1.0/24', dev: 'drover1', protocol: 'kernel', prefsrc: '10.42.1.1' };
const addresses = ['192.0.2.1', '10.42.1.1'];
const linesOf = (changes: readonly Step[]) =>
  changes.flatMap(({ file, args, input }) =>
    args.includes('-batch')
      ? (input?.trim().split('\n') ?? []).map((line) => `${file} ${line}`)
      : [`${file} ${args.join(' ')}`],
  );
const run = (want: DesiredRouting, routes: readonly IpRoute[], has = addresses, devices: readonly string[] = []) => {
  const { changes, problems } = planRoutes(settings, want, { routes, addresses: has, devices });
  return { lines: linesOf(changes), problems: problems.map(({ subject, what }) => `${subject}: ${what}`) };
};

test('render: the table and the accept rules', () => {
  expect(renderNetworkTable('drover_network', desired, true)).toMatchInlineSnapshot(`
    "table ip drover_network {
    	comment "Drover: the managed network"
    	ct timeout remembered {
    		protocol tcp
    		l3proto ip
    		policy = { close_wait : 8100 }
    	}

    	chain postrouting {
    		type nat hook postrouting priority srcnat - 10; policy accept;
    		ip saddr 10.42.1.0/24 meta l4proto tcp ct timeout set "remembered"
    		ip daddr 10.42.1.0/24 meta l4proto tcp ct timeout set "remembered"
    		ip saddr 10.42.1.0/24 ip daddr != { 10.42.0.0/16, 10.43.0.0/16 } oifname != "drover1" masquerade comment "traffic that leaves the managed network"
    	}
    }
    "
  `);
  expect(renderNetworkTable('drover_network', desired, false)).not.toMatch(/timeout/);
  expect(renderNetworkAcceptRules(desired).forward).toEqual([
    '-s 10.42.0.0/16 -d 10.42.1.0/24 -o drover1 -m comment --comment drover-network -j ACCEPT',
    '-s 10.43.0.0/16 -d 10.42.1.0/24 -o drover1 -m comment --comment drover-network -j ACCEPT',
  ]);
  expect(renderNetworkTable('drover_network', { ...desired, own: null }, true)).toBeNull();
  expect(renderNetworkAcceptRules({ ...desired, own: null }).forward).toEqual([]);
});

test('plan() routes the subnets of other hosts, with the gateway as source address when it exists', () => {
  expect(run(desired, [connected]).lines).toEqual([
    'ip route replace 10.42.2.0/24 via 192.0.2.2 src 10.42.1.1 proto 250',
    'ip route replace 10.42.3.0/24 via 192.0.2.3 src 10.42.1.1 proto 250',
    'ip route replace 10.43.0.0/24 via 192.0.2.3 src 10.42.1.1 proto 250',
  ]);
  expect(run(desired, [], ['192.0.2.1']).lines[0]).toBe('ip route replace 10.42.2.0/24 via 192.0.2.2 proto 250');
});

test('Q39 plan() follows a changed host address, removes routes of gone hosts, and changes only its own routes', () => {
  const routes: IpRoute[] = [
    connected,
    { dst: 'default', gateway: '192.0.2.254', dev: 'uplink', protocol: 'static' },
    { dst: '10.42.2.0/24', gateway: '192.0.2.99', prefsrc: '10.42.1.1', protocol: '250' },
    { dst: '10.42.9.0/24', gateway: '192.0.2.9', prefsrc: '10.42.1.1', protocol: '250' },
    { dst: '198.51.100.0/24', gateway: '192.0.2.9', protocol: 'static' },
  ];
  expect(run({ ...desired, peers: desired.peers.slice(0, 1) }, routes).lines).toEqual([
    'ip route replace 10.42.2.0/24 via 192.0.2.2 src 10.42.1.1 proto 250',
    'ip route delete 10.42.9.0/24 proto 250',
  ]);
  expect(planRouteRemoval(settings, { routes }).map(formatStep)).toEqual([
    'ip -force -batch - { route delete 10.42.2.0/24 proto 250; route delete 10.42.9.0/24 proto 250 }',
  ]);
});

test('Q37: plan() does not route a subnet that overlaps a route of this host, names that route, and routes the rest', () => {
  const bridge: IpRoute = { dst: '10.42.3.0/25', dev: 'br-lan', protocol: 'kernel' };
  const { lines, problems } = run(desired, [bridge]);
  expect(lines).toHaveLength(2);
  expect(problems).toEqual([
    'route to 10.42.3.0/24 of host c (192.0.2.3): overlaps the route to 10.42.3.0/25 on br-lan of this host',
  ]);
});

test('a problem names the gateway and the device of the other route, if it has them', () => {
  const viaOf = (route: Partial<IpRoute>) =>
    run({ ...desired, peers: [peer('b', '192.0.2.2', '10.42.2.0/24')] }, [{ dst: '10.42.2.0/25', ...route }])
      .problems[0];
  const start = 'route to 10.42.2.0/24 of host b (192.0.2.2): overlaps the route to 10.42.2.0/25';
  expect(viaOf({ gateway: '192.0.2.9', dev: 'uplink' })).toBe(`${start} via 192.0.2.9 on uplink of this host`);
  expect(viaOf({ gateway: '192.0.2.9' })).toBe(`${start} via 192.0.2.9 of this host`);
  expect(viaOf({ dev: 'uplink' })).toBe(`${start} on uplink of this host`);
});

test('plan() does not route a subnet of two hosts, the subnet of this host, or an invalid subnet', () => {
  const peers = [
    peer('b', '192.0.2.2', '10.42.2.0/24'),
    peer('c', '192.0.2.3', '10.42.2.0/25', '10.42.1.0/24', 'rubbish', '10.42.2.1/24'),
    peer('d', 'fe80::1', '10.42.4.0/24'),
  ];
  const { lines, problems } = run({ ...desired, peers }, []);
  expect(lines).toEqual(['ip route replace 10.42.2.0/24 via 192.0.2.2 src 10.42.1.1 proto 250']);
  expect(problems).toHaveLength(5);
});

test('plan() routes through tunnels, with their next hop and MTU, and leaves blackholes alone', () => {
  const tunnels = {
    ...desired,
    peers: [through('b', 'drover-vx', '10.42.2.0', '10.42.2.0/24'), through('c', 'drover-wg0', null, '10.42.3.0/24')],
  };
  const devices = ['drover-vx', 'drover-wg0'];
  const b = 'ip route replace 10.42.2.0/24 via 10.42.2.0 dev drover-vx onlink src 10.42.1.1 mtu 1370 proto 250';
  const c = 'ip route replace 10.42.3.0/24 dev drover-wg0 src 10.42.1.1 mtu 1370 proto 250';
  // Without an MTU, for probes of larger packets.
  const bGateway = 'ip route replace 10.42.2.1 via 10.42.2.0 dev drover-vx onlink src 10.42.1.1 proto 250';
  const cGateway = 'ip route replace 10.42.3.1 dev drover-wg0 src 10.42.1.1 proto 250';
  const plain: IpRoute = {
    dst: '10.42.2.0/24',
    gateway: '192.0.2.2',
    dev: 'uplink',
    prefsrc: '10.42.1.1',
    protocol: '250',
  };
  const blackhole: IpRoute = { type: 'blackhole', dst: '10.42.0.0/16', protocol: '250', metric: 4278198272 };
  expect(run(tunnels, [plain, blackhole], addresses, devices).lines).toEqual([b, bGateway, c, cGateway]);
  const metrics = [{ mtu: 1370 }];
  const standing: IpRoute[] = [
    blackhole,
    { ...plain, gateway: '10.42.2.0', dev: 'drover-vx', flags: ['onlink'], metrics },
    { ...plain, dst: '10.42.2.1', gateway: '10.42.2.0', dev: 'drover-vx', flags: ['onlink'] },
    { dst: '10.42.3.0/24', dev: 'drover-wg0', prefsrc: '10.42.1.1', protocol: '250', metrics },
    { dst: '10.42.3.1', dev: 'drover-wg0', prefsrc: '10.42.1.1', protocol: '250' },
  ];
  expect(run(tunnels, standing, addresses, devices)).toEqual({ lines: [], problems: [] });
  expect(
    run(
      tunnels,
      standing.map((route) => ({ ...route, metrics: [] })),
      addresses,
      devices,
    ).lines,
  ).toEqual([b, c]);
  expect(planRouteRemoval(settings, { routes: [blackhole] })).toEqual([]);
});

test('plan() waits for a device that does not exist: a route that stands is kept, a new one is not made', () => {
  const peers = [
    through('b', 'drover-vx', '10.42.2.0', '10.42.2.0/24'),
    through('c', 'drover-vx', '10.42.3.0', '10.42.3.0/24'),
    through('d', 'drover-wg0', null, '10.42.4.0/24'),
  ];
  const standing: IpRoute = { dst: '10.42.2.0/24', gateway: '192.0.2.2', prefsrc: '10.42.1.1', protocol: '250' };
  expect(run({ ...desired, peers }, [standing], addresses, ['drover-wg0'])).toEqual({
    lines: [
      'ip route replace 10.42.4.0/24 dev drover-wg0 src 10.42.1.1 mtu 1370 proto 250',
      'ip route replace 10.42.4.1 dev drover-wg0 src 10.42.1.1 proto 250',
    ],
    problems: ['device drover-vx: does not exist or is down: no new route to host b and 1 others'],
  });
  expect(run({ ...desired, peers: peers.slice(0, 1) }, []).problems).toEqual([
    'device drover-vx: does not exist or is down: no new route to host b',
  ]);
});

test('plan() orders routes by address, and prefers the host with the lower id for a subnet of two hosts', () => {
  const peers = [peer('c', '192.0.2.3', '10.42.2.0/24'), peer('b', '192.0.2.2', '10.42.9.0/24', '10.42.2.0/24')];
  for (const order of [peers, peers.toReversed()]) {
    const { lines, problems } = run({ ...desired, peers: order }, [connected]);
    expect(lines).toEqual([
      'ip route replace 10.42.2.0/24 via 192.0.2.2 src 10.42.1.1 proto 250',
      'ip route replace 10.42.9.0/24 via 192.0.2.2 src 10.42.1.1 proto 250',
    ]);
    expect(problems).toEqual(['subnet 10.42.2.0/24 of host c: overlaps the subnet of host b']);
  }
});

test('Q8: routeDeletions() names each route that a step deletes', () => {
  const lines = ['route delete 10.42.2.0/24 proto 250', 'route delete 10.42.3.0/24 proto 250'];
  expect(batch('ip', ['route replace 10.42.4.0/24 dev drover-vx', ...lines]).flatMap(routeDeletions)).toEqual(lines);
  expect(routeDeletions(step('nft -f -', 'route delete 10.42.2.0/24'))).toEqual([]);
});

test('plan() of what it planned is empty, and the order of hosts does not matter', () => {
  const peers = fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 0, max: 20 }), via: fc.integer({ min: 2, max: 9 }) }),
    { selector: ({ id }) => id, maxLength: 8 },
  );
  fc.assert(
    fc.property(peers, peers, (first, second) => {
      const want = (list: typeof first): DesiredRouting => ({
        ...desired,
        peers: list.map(({ id, via }) => peer(`h${id}`, `192.0.2.${via}`, `10.42.${id + 10}.0/24`)),
      });
      let routes: readonly IpRoute[] = [];
      for (const list of [first, second]) {
        const { lines } = run(want(list), routes);
        expect(run(want(list.toReversed()), routes).lines).toEqual(lines);
        routes = lines.reduce(kernel, routes);
        expect(run(want(list), routes).lines).toEqual([]);
      }
      expect(routes).toHaveLength(second.length);
    }),
  );
});

function kernel(routes: readonly IpRoute[], line: string): readonly IpRoute[] {
  const [, , verb, dst = '', , gateway = '', , prefsrc = ''] = line.split(' ');
  const others = routes.filter((route) => route.dst !== dst);
  return verb === 'delete' ? others : [...others, { dst, gateway, prefsrc, protocol: '250' }];
}
