import { expect, test } from 'vitest';
import type { IpLink } from '../../../linux/index.ts';
import { formatStep } from '../../../linux/step.ts';
import type { ObservedServiceAddress } from '../../../overlay/service-address/observe.ts';
import { planServiceAddress, planServiceAddressRemoval } from '../../../overlay/service-address/plan.ts';
import { renderAcceptRules, renderTable } from '../../../overlay/service-address/render.ts';
import { defaultServiceAddressSettings as settings } from '../../../overlay/service-address/settings.ts';

const nothing: ObservedServiceAddress = {
  namespace: 'absent',
  outer: null,
  inner: null,
  loopbackUp: false,
  migratesConnections: null,
  innerRoutes: [],
  routes: [],
  devicesWithAddress: [],
  table: null,
  chains: { forwardPolicy: 'DROP', forward: ['-j DOCKER-USER'], dockerUser: ['-j RETURN'], rawPrerouting: null },
  forwarding: true,
  outerForwarding: null,
};

const ipv4 = (local: string) => ({ family: 'inet', local, prefixlen: 32 });
const complete: ObservedServiceAddress = {
  ...nothing,
  namespace: 'present',
  outer: { ifname: 'drover0', ifindex: 9, flags: ['UP'], ifalias: 'drover', addr_info: [ipv4('169.254.169.252')] },
  inner: {
    ifname: 'eth0',
    link_index: 9,
    flags: ['UP'],
    addr_info: [ipv4('169.254.169.250'), ipv4('169.254.169.251')],
  },
  loopbackUp: true,
  migratesConnections: true,
  innerRoutes: [{ dst: 'default', gateway: '169.254.169.252', dev: 'eth0', prefsrc: '169.254.169.251' }],
  routes: [
    { dst: '169.254.169.250', dev: 'drover0', prefsrc: '169.254.169.252' },
    { dst: '169.254.169.251', dev: 'drover0', prefsrc: '169.254.169.252' },
  ],
  table: renderTable(settings),
  chains: {
    forwardPolicy: 'DROP',
    forward: [],
    dockerUser: [...renderAcceptRules(settings).forward, '-j RETURN'],
    rawPrerouting: [...renderAcceptRules(settings).raw, '-d 172.17.0.2/32 ! -i docker0 -j DROP'],
  },
  outerForwarding: true,
};

const lines = (observed: ObservedServiceAddress): string[] =>
  planServiceAddress(settings, observed).changes.map(formatStep);

const { outer, inner } = complete as { outer: IpLink; inner: IpLink };
const ENTER = 'nsenter --net=/run/netns/drover --';

test('render: the table', () => {
  expect(renderTable(settings)).toMatchInlineSnapshot(`
    "table ip drover {
    	comment "Drover: service address"
    	set clients {
    		type ipv4_addr
    		size 65535
    		flags dynamic,timeout
    		timeout 10s
    	}

    	chain prerouting {
    		type filter hook prerouting priority raw - 10; policy accept;
    		ip daddr 169.254.169.250 meta iifkind != "bridge" drop comment "only containers and this host may query"
    		ip daddr 169.254.169.250 udp dport 53 update @clients { ip saddr limit rate over 50000/second burst 10000 packets } counter drop comment "rate limit per source"
    		ip daddr 169.254.169.250 notrack comment "queries: no NAT, no connection tracking"
    		ip saddr 169.254.169.250 notrack comment "replies: no NAT, no connection tracking"
    	}

    	chain output {
    		type filter hook output priority raw - 10; policy accept;
    		ip daddr 169.254.169.250 udp dport 53 update @clients { ip saddr limit rate over 50000/second burst 10000 packets } counter drop comment "rate limit per source"
    		ip daddr 169.254.169.250 notrack comment "queries from the host itself"
    	}

    	chain postrouting {
    		type nat hook postrouting priority srcnat - 10; policy accept;
    		ip saddr 169.254.169.251 oifname != "drover0" masquerade comment "queries to upstream servers"
    	}
    }
    "
  `);
});

test('render: without a limit there is no set and no rule for it', () => {
  const text = renderTable({ ...settings, maxQueriesPerSecond: 0 });
  expect(text).not.toMatch(/askers|limit/);
  expect(renderTable({ ...settings, maxQueriesPerSecond: 3 })).toContain(
    'over 3/second burst 1 packets } counter drop',
  );
});

test('plan() lets waiting connections move to the next process if the kernel supports it', () => {
  expect(lines({ ...complete, migratesConnections: false })).toEqual([
    'nsenter --net=/run/netns/drover -- sysctl --ignore --write net.ipv4.tcp_migrate_req=1',
  ]);
  expect(lines({ ...complete, migratesConnections: null })).toEqual([]);
});

test('plan() creates everything, rules before devices', () => {
  const [table, ...rest] = lines(nothing);
  expect(table).toMatch(/^nft -f - \{ table ip drover; delete table ip drover; table ip drover \{/);
  expect(rest).toEqual([
    'ip netns add drover',
    'nsenter --net=/run/netns/drover -- ip link set lo up',
    'nsenter --net=/run/netns/drover -- sysctl --ignore --write net.ipv4.tcp_migrate_req=1',
    'ip link add drover0 type veth peer name eth0 netns drover',
    'ip link set drover0 alias drover',
    'ip address replace 169.254.169.252/32 dev drover0',
    'ip link set drover0 up',
    'ip route replace 169.254.169.250/32 dev drover0 src 169.254.169.252',
    'ip route replace 169.254.169.251/32 dev drover0 src 169.254.169.252',
    'nsenter --net=/run/netns/drover -- ip address replace 169.254.169.250/32 dev eth0',
    'nsenter --net=/run/netns/drover -- ip address replace 169.254.169.251/32 dev eth0',
    'nsenter --net=/run/netns/drover -- ip link set eth0 up',
    'nsenter --net=/run/netns/drover -- ip route replace default via 169.254.169.252 dev eth0 onlink src 169.254.169.251',
    'iptables-restore --wait 5 --noflush { *filter; -I DOCKER-USER 1 -d 169.254.169.250/32 -o drover0 -m comment --comment drover -j ACCEPT; -I DOCKER-USER 2 -s 169.254.169.250/32 -i drover0 -m comment --comment drover -j ACCEPT; -I DOCKER-USER 3 -s 169.254.169.251/32 -i drover0 -m comment --comment drover -j ACCEPT; -I DOCKER-USER 4 -d 169.254.169.251/32 -o drover0 -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment drover -j ACCEPT; COMMIT }',
  ]);
});

test('plan() of a complete service address is empty', () => {
  expect(planServiceAddress(settings, complete)).toEqual({ changes: [], problems: [] });
});

test.each<[string, Partial<ObservedServiceAddress>, string[]]>([
  [
    'a lost route',
    { routes: complete.routes.slice(1) },
    ['ip route replace 169.254.169.250/32 dev drover0 src 169.254.169.252'],
  ],
  [
    'a lost address of our device',
    { outer: { ...outer, addr_info: [ipv4('169.254.169.253')] } },
    ['ip address replace 169.254.169.252/32 dev drover0'],
  ],
  [
    'our device down, which loses its routes',
    { outer: { ...outer, flags: [] } },
    [
      'ip link set drover0 up',
      'ip route replace 169.254.169.250/32 dev drover0 src 169.254.169.252',
      'ip route replace 169.254.169.251/32 dev drover0 src 169.254.169.252',
    ],
  ],
  [
    'a lost address in the namespace',
    { inner: { ...inner, addr_info: [ipv4('169.254.169.250')] } },
    [`${ENTER} ip address replace 169.254.169.251/32 dev eth0`],
  ],
  [
    'the device in the namespace down',
    { inner: { ...inner, flags: [] } },
    [
      `${ENTER} ip link set eth0 up`,
      `${ENTER} ip route replace default via 169.254.169.252 dev eth0 onlink src 169.254.169.251`,
    ],
  ],
  [
    'a lost default route in the namespace',
    { innerRoutes: [] },
    [`${ENTER} ip route replace default via 169.254.169.252 dev eth0 onlink src 169.254.169.251`],
  ],
  [
    'a default route with another source',
    { innerRoutes: [{ dst: 'default', gateway: '169.254.169.252', dev: 'eth0', prefsrc: '169.254.169.250' }] },
    [`${ENTER} ip route replace default via 169.254.169.252 dev eth0 onlink src 169.254.169.251`],
  ],
  [
    'a default route through another gateway',
    { innerRoutes: [{ dst: 'default', gateway: '192.0.2.1', dev: 'eth0', prefsrc: '169.254.169.251' }] },
    [`${ENTER} ip route replace default via 169.254.169.252 dev eth0 onlink src 169.254.169.251`],
  ],
  [
    'another route than the default one',
    { innerRoutes: [{ dst: '192.0.2.0/24', gateway: '169.254.169.252', dev: 'eth0', prefsrc: '169.254.169.251' }] },
    [`${ENTER} ip route replace default via 169.254.169.252 dev eth0 onlink src 169.254.169.251`],
  ],
  [
    'a route with another source',
    { routes: [...complete.routes.slice(1), { dst: '169.254.169.250', dev: 'drover0', prefsrc: '192.0.2.1' }] },
    ['ip route replace 169.254.169.250/32 dev drover0 src 169.254.169.252'],
  ],
  ['the loopback device down', { loopbackUp: false }, [`${ENTER} ip link set lo up`]],
  ['forwarding of our device off', { outerForwarding: false }, ['sysctl --write net.ipv4.conf.drover0.forwarding=1']],
])('plan() repairs %s, and nothing else', (_title, broken, expected) => {
  expect(lines({ ...complete, ...broken })).toEqual(expected);
});

test.each<[string, Partial<ObservedServiceAddress>, string[]]>([
  [
    'a broken namespace file',
    { namespace: 'broken', inner: null, outer: null, routes: [], innerRoutes: [], loopbackUp: false },
    ['ip netns delete drover', 'ip netns add drover'],
  ],
  ['a veth pair that leads elsewhere', { inner: null }, ['ip link delete drover0']],
  ['a device in the namespace without its peer', { outer: null }, [`${ENTER} ip link delete eth0`]],
  [
    'two devices of ours that are not a pair',
    { inner: { ...inner, link_index: 8 } },
    ['ip link delete drover0', `${ENTER} ip link delete eth0`],
  ],
])('plan() makes a new veth pair for %s', (_title, broken, removed) => {
  const made = lines({ ...complete, ...broken }).filter((line) => /netns (add|delete)|link (add|delete)/.test(line));
  expect(made).toEqual([...removed, 'ip link add drover0 type veth peer name eth0 netns drover']);
});

test.each<[string, Partial<ObservedServiceAddress>, string]>([
  ['a device of our name', { outer: { ifname: 'drover0', ifindex: 3 } }, 'device drover0'],
  ['the address on another device', { devicesWithAddress: ['lo'] }, 'device lo'],
  ['a route that leads elsewhere', { routes: [{ dst: '169.254.169.250', dev: 'eth1' }] }, 'route to 169.254.169.250'],
])('plan() changes nothing when there is already %s of someone else', (_title, taken, subject) => {
  const { changes, problems } = planServiceAddress(settings, { ...nothing, ...taken });
  expect(changes).toEqual([]);
  expect(problems.map((problem) => problem.subject)).toEqual([subject]);
});

test('plan() names the device of a foreign route, if it has one', () => {
  const whatOf = (route: { readonly dev?: string }) =>
    planServiceAddress(settings, { ...nothing, routes: [{ dst: '169.254.169.250', ...route }] }).problems[0]?.what;
  expect(whatOf({ dev: 'eth1' })).toBe('already leads to device eth1');
  expect(whatOf({})).toBe('already leads to device (none)');
});

test('render: no accept rules if they are switched off, which removes those of an earlier run', () => {
  const without = { ...settings, dockerUserRules: false };
  expect(renderAcceptRules(without)).toEqual({ comment: 'drover', forward: [], raw: [] });
  const [line, ...others] = planServiceAddress(without, complete).changes.map(formatStep);
  expect(others).toEqual([]);
  expect(line).toMatch(/^iptables-restore --wait 5 --noflush \{ \*filter; (-D DOCKER-USER [^;]+; ){4}COMMIT; \*raw; /);
});

test('plan() reports that forwarding is off and does not change it', () => {
  const { changes, problems } = planServiceAddress(settings, { ...complete, forwarding: false });
  expect(changes).toEqual([]);
  expect(problems[0]?.subject).toBe('sysctl net.ipv4.ip_forward');
});

test('removal removes our parts and keeps a foreign device', () => {
  const removal = (observed: ObservedServiceAddress) => planServiceAddressRemoval(settings, observed).map(formatStep);
  expect(removal(complete).slice(1)).toEqual([
    'ip link delete drover0',
    'ip netns delete drover',
    'nft -f - { table ip drover; delete table ip drover }',
  ]);
  expect(removal(nothing)).toEqual([]);
  expect(removal({ ...nothing, outer: { ifname: 'drover0', ifindex: 3 } })).toEqual([]);
});
