import { expect, test } from 'vitest';
import type { Container } from '../../../model/index.ts';
import { type ConvertContext, containerFromInspect } from '../../../sources/docker/convert/container.ts';
import { describeContainer, uuidOf } from '../../../sources/docker/convert/describe-container.ts';
import { canonicalCidr, networkFromInspect } from '../../../sources/docker/convert/network.ts';
import { agrees, containerFromSummary } from '../../../sources/docker/convert/summary.ts';
import { inspectSchema, networkSchema, summarySchema } from '../../../sources/docker/engine/schema.ts';

const ID = '173e97eddc8d71d2fcf427bdbf883dae46291a7b4f621dd767f9fee3fbf4b773';
const OTHER = 'a'.repeat(64);
const STARTED = Date.parse('2026-01-02T03:04:05.5Z');

const endpoint = (NetworkID: string, IPAddress: string, more: object = {}) => ({
  NetworkID,
  IPAddress,
  MacAddress: '02:42:ac:12:00:02',
  GlobalIPv6Address: '',
  ...more,
});

const running = {
  Id: ID,
  Name: '/web1',
  Created: '2026-01-02T03:04:05.1Z',
  RestartCount: 0,
  State: { Status: 'running', StartedAt: '2026-01-02T03:04:05.5Z' },
  HostConfig: { NetworkMode: 'app', MemoryReservation: 0, Dns: ['169.254.169.250', '9.9.9.9'], DnsSearch: null },
  Config: {
    Hostname: 'h1',
    Image: 'nginx:1',
    Labels: { a: 'b' },
    ExposedPorts: { '81/tcp': {}, '80/tcp': {}, '53/udp': {}, 'x/y': {} },
  },
  NetworkSettings: {
    Ports: {
      '80/tcp': [
        { HostIp: '::', HostPort: '8080' },
        { HostIp: '', HostPort: '8080' },
      ],
      '81/tcp': null,
    },
    Networks: { app: endpoint('net1', '172.18.0.2') },
  },
};
const base: ConvertContext = {
  hostId: 'host1',
  ourResolver: '169.254.169.250',
  previous: null,
  signalledAtMs: () => null,
  pending: [],
  idOf: (name) => (name === 'db' ? OTHER : null),
};

function convert(change: object = {}, context: Partial<ConvertContext> = {}): Container {
  return containerFromInspect(inspectSchema.parse({ ...running, ...change }), { ...base, ...context });
}

test('containerFromInspect() converts a running container', () => {
  expect(convert()).toEqual({
    id: ID,
    uuid: '173e97ed-dc8d-81d2-bcf4-27bdbf883dae',
    hostId: 'host1',
    name: 'web1',
    hostname: 'h1',
    image: 'nginx:1',
    stack: null,
    service: null,
    primaryService: null,
    serviceIndex: null,
    state: 'running',
    health: null,
    wasReady: true,
    networkMode: 'bridge',
    networkFrom: null,
    addresses: [{ networkId: 'net1', networkName: 'app', ipv4: '172.18.0.2', ipv6: null, mac: '02:42:ac:12:00:02' }],
    preferredNetwork: null,
    ports: [
      { hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
      { hostAddress: '::', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    ],
    exposed: [
      { port: 53, protocol: 'udp' },
      { port: 80, protocol: 'tcp' },
      { port: 81, protocol: 'tcp' },
    ],
    labels: { a: 'b' },
    links: {},
    dns: ['9.9.9.9'],
    dnsSearch: [],
    createdAtMs: Date.parse('2026-01-02T03:04:05.1Z'),
    startedAtMs: STARTED,
    exit: null,
    startCount: 1,
    memoryReservation: null,
    milliCpuReservation: null,
    system: false,
  } satisfies Container);
});

const state = (Status: string, more: object = {}) => ({ State: { ...running.State, Status, ...more } });
const pending = [{ networkId: 'net1', networkName: 'app', ipv4: '172.18.0.9', ipv6: null, mac: null }];
const gateway = [{ networkId: 'net9', networkName: 'docker_gwbridge', ipv4: '172.19.0.3', ipv6: null, mac: null }];

test.each([
  ['created', {}, {}, 'created', []],
  ['exited', {}, {}, 'stopped', []],
  ['dead', {}, {}, 'stopped', []],
  ['removing', {}, {}, 'stopped', []],
  ['restarting', {}, {}, 'restarting', []],
  ['paused', {}, {}, 'paused', ['172.18.0.2']],
  ['exited', {}, { pending }, 'starting', ['172.18.0.9']],
  ['restarting', {}, { pending }, 'starting', ['172.18.0.9']],
  ['running', {}, { pending }, 'running', ['172.18.0.2']],
  ['running', {}, { pending: gateway }, 'running', ['172.18.0.2', '172.19.0.3']],
  ['running', {}, { signalledAtMs: () => STARTED + 1 }, 'stopping', ['172.18.0.2']],
  ['running', {}, { signalledAtMs: () => STARTED - 1 }, 'running', ['172.18.0.2']],
  ['something new', {}, {}, 'stopped', []],
] as const)('Docker state %s %j %j is %s with %j', (status, more, context, expected, addresses) => {
  const container = convert(state(status, more), context);
  expect(container.state).toBe(expected);
  expect(container.addresses.map(({ ipv4 }) => ipv4)).toEqual(addresses);
  expect(container.ports.length > 0).toBe(['running', 'paused', 'stopping'].includes(expected));
});

test.each([
  ['starting', 'initializing', false],
  ['healthy', 'healthy', true],
  ['unhealthy', 'unhealthy', false],
  ['none', null, true],
])('health %s is %s; ready: %s', (Status, health, wasReady) => {
  const container = convert(state('running', { Health: { Status } }));
  expect(container).toMatchObject({ health, wasReady });
});

test('wasReady stays true until the next start, and startCount counts the starts', () => {
  const unhealthy = state('running', { Health: { Status: 'unhealthy' } });
  const first = convert();
  expect(convert(unhealthy, { previous: first })).toMatchObject({ wasReady: true, startCount: 1 });
  expect(convert(state('exited'), { previous: first })).toMatchObject({ wasReady: true, startCount: 1, health: null });
  const again = { ...unhealthy, State: { ...unhealthy.State, StartedAt: '2026-01-02T04:00:00Z' } };
  const second = convert(again, { previous: first });
  expect(second).toMatchObject({ wasReady: false, startCount: 2 });
  expect(convert({ RestartCount: 6 })).toMatchObject({ startCount: 7 });
  expect(convert({ State: { Status: 'created', StartedAt: '0001-01-01T00:00:00Z' } })).toMatchObject({
    startCount: 0,
    startedAtMs: null,
    wasReady: false,
  });
});

test('the exit of a stopped container has its code and time, and keeps the time of the die event', () => {
  const exited = state('exited', { ExitCode: 137, FinishedAt: '2026-01-02T05:00:00.2Z' });
  const exit = { code: 137, atMs: Date.parse('2026-01-02T05:00:00.2Z') };
  expect(convert(exited).exit).toEqual(exit);
  expect(convert({ State: { ...exited.State, Status: 'restarting' } }).exit).toEqual(exit);
  expect(convert({ State: { ...exited.State, Status: 'running' } }).exit).toBeNull();
  expect(convert(state('created', { ExitCode: 0, FinishedAt: '0001-01-01T00:00:00Z' })).exit).toBeNull();
  const died = { ...exit, atMs: exit.atMs - 100 };
  expect(convert(exited, { previous: { ...convert(), exit: died } }).exit).toBe(died);
  expect(convert(exited, { previous: { ...convert(), exit: { ...died, code: 1 } } }).exit).toEqual(exit);
});

test.each([
  ['default', 'bridge', null],
  ['app', 'bridge', null],
  ['host', 'host', null],
  ['none', 'none', null],
  [`container:${OTHER}`, 'container', OTHER],
  ['container:db', 'container', OTHER],
  ['container:unknown', 'container', null],
])('network mode %s is %s from %s', (NetworkMode, networkMode, networkFrom) => {
  const NetworkSettings = NetworkMode === 'none' ? { Networks: { none: endpoint('n', '') } } : undefined;
  const changes = { HostConfig: { NetworkMode }, ...(NetworkSettings && { NetworkSettings }) };
  expect(convert(changes)).toMatchObject({ networkMode, networkFrom });
});

test('a container created without a network has one once it is attached', () => {
  const NetworkSettings = { Networks: { app: endpoint('net1', '172.18.0.2') } };
  expect(convert({ HostConfig: { NetworkMode: 'none' }, NetworkSettings }).networkMode).toBe('bridge');
});

test('links of the default bridge and of user-defined networks lead to container ids; unknown ones are left out', () => {
  const NetworkSettings = { Networks: { app: endpoint('net1', '172.18.0.2', { Links: ['db:sql', 'gone:x'] }) } };
  const HostConfig = { NetworkMode: 'app', Links: ['/db:/web1/database'] };
  expect(convert({ HostConfig, NetworkSettings }).links).toEqual({ database: OTHER, sql: OTHER });
});

test('several networks: by name, then id; `host` and `none` have no address; IPv6 in lower case', () => {
  const Networks = {
    zoo: endpoint('n1', '10.0.0.3', { GlobalIPv6Address: 'FD00::3' }),
    app: endpoint('n2', '10.1.0.3'),
    host: endpoint('n3', ''),
    Big: endpoint('n4', 'nonsense', { GlobalIPv6Address: 'fd00::4/64' }),
  };
  const { addresses } = convert({ NetworkSettings: { Networks } });
  expect(addresses.map(({ networkName, ipv4, ipv6 }) => [networkName, ipv4, ipv6])).toEqual([
    ['Big', null, 'fd00::4'],
    ['app', '10.1.0.3', null],
    ['zoo', '10.0.0.3', 'fd00::3'],
  ]);
});

test('optional fields may be missing or null; an answer without the required ones is refused', () => {
  const bare = { Id: ID, Name: '/x1', State: { Status: 'running' }, HostConfig: {}, Config: {}, NetworkSettings: {} };
  expect(containerFromInspect(inspectSchema.parse(bare), base)).toMatchObject({
    name: 'x1',
    labels: {},
    addresses: [],
  });
  const odd = { ...bare, Config: { Labels: 3, Hostname: 5 }, HostConfig: { Dns: 'x', Links: {} }, Mounts: 'none' };
  expect(inspectSchema.safeParse(odd).success).toBe(true);
  for (const nonsense of [
    null,
    3,
    [],
    {},
    { Id: 3 },
    { ...bare, State: null },
    { ...bare, Id: '' },
    Buffer.from('x'),
  ]) {
    expect(inspectSchema.safeParse(nonsense).success).toBe(false);
  }
});

const listed = {
  Id: ID,
  Names: ['/other/alias', '/web1'],
  Image: 'nginx:1',
  Created: 1_767_323_045,
  State: 'running',
  Status: 'Up 3 minutes',
  Labels: { 'drover.stack': 's', 'drover.service': 'web' },
  Ports: [
    { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
    { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
    { PrivatePort: 81, Type: 'tcp' },
  ],
  HostConfig: { NetworkMode: 'app' },
  NetworkSettings: { Networks: { app: endpoint('net1', '172.18.0.2') } },
};

test.each([
  [{}, true],
  [{ Names: ['/renamed'] }, false],
  [{ State: 'exited', Status: 'Exited (0) 3 seconds ago' }, false],
  [{ State: 'paused', Status: 'Up 3 minutes (Paused)' }, false],
  [{ Status: 'Up 3 minutes (unhealthy)' }, false],
  [{ Ports: [] }, false],
  [{ NetworkSettings: { Networks: { app: endpoint('net1', '172.18.0.3') } } }, false],
  [{ NetworkSettings: { Networks: {} } }, false],
])('agrees(): a list entry with %j tells the same: %s', (change, expected) => {
  expect(agrees(convert(), summarySchema.parse({ ...listed, ...change }))).toBe(expected);
});

test('agrees(): a stopping container is listed as running, a starting one must not be', () => {
  const summary = summarySchema.parse(listed);
  const created = summarySchema.parse({ ...listed, State: 'created', Status: 'Created' });
  expect(agrees({ ...convert(), state: 'stopping' }, summary)).toBe(true);
  expect(agrees({ ...convert(), state: 'starting' }, summary)).toBe(false);
  expect(agrees({ ...convert(), state: 'starting' }, created)).toBe(true);
});

test('containerFromSummary() converts a list entry', () => {
  const Status = 'Up 1 second (health: starting)';
  expect(containerFromSummary(summarySchema.parse({ ...listed, Status }), base)).toMatchObject({
    id: ID,
    name: 'web1',
    stack: 's',
    service: 'web',
    state: 'running',
    health: 'initializing',
    wasReady: false,
    addresses: [{ ipv4: '172.18.0.2' }],
    ports: convert().ports,
  });
});

test('describeContainer(): uuid label, preferred network, system, and labels that are too long', () => {
  const labels = {
    'io.rancher.container.uuid': '0F9C5E56-6CCB-4B6F-9A39-6B9B3DD0D1A7',
    'drover.network': 'app',
    'io.rancher.container.system': 'true',
    script: 'x'.repeat(10_240),
  };
  const { fields, problems } = describeContainer({ id: ID, name: '/web1', labels });
  expect(fields).toMatchObject({
    uuid: '0f9c5e56-6ccb-4b6f-9a39-6b9b3dd0d1a7',
    preferredNetwork: 'app',
    system: true,
  });
  expect(Object.keys(fields.labels)).not.toContain('script');
  expect(problems.map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
    'container 173e97eddc8d web1: label `script` longer than 4096 characters: ignored',
  ]);
  const bad = describeContainer({ id: ID, name: 'web1', labels: { 'io.rancher.container.uuid': 'x' } });
  expect(bad.fields.uuid).toBe(uuidOf(ID));
  expect(bad.problems).toHaveLength(1);
});

test('a label of the load balancer that is too long takes all others with it: without its passwords, a service would be public', () => {
  const labels = { 'drover.lb.host': 'a.example', 'drover.lb.auth': 'x'.repeat(5_000), tier: 'front' };
  const { fields, problems } = describeContainer({ id: ID, name: 'web1', labels });
  expect(fields.labels).toEqual({ tier: 'front' });
  expect(problems.map(({ what }) => what)).toEqual([
    'label `drover.lb.auth` longer than 4096 characters: ignored, with all labels of the load balancer',
  ]);
  const misnamed = describeContainer({
    id: ID,
    name: 'web1',
    labels: { ...labels, 'io.rancher.stack_service.name': 'web' },
  });
  expect(misnamed.problems.map(({ what }) => what)).toEqual([
    expect.stringContaining('`io.rancher.stack_service.name`'),
    ...problems.map(({ what }) => what),
  ]);
});

test('invalid labels for DNS are reported', () => {
  const labels = {
    'drover.answers': 'two',
    'drover.dns.ttl': '-1',
    'drover.dns.prefer': 'LOCAL',
    'drover.weight': '257',
    'drover.port.http': '8080',
    'drover.port.80': '80',
    'drover.port.dns': '53/icmp',
    'drover.dns.upstreams': '10.0.0.2, nobody',
    'drover.health.port': 'http',
    // The load balancer reports its own, once for a service.
    'drover.lb.host': 'a b',
  };
  const { problems } = describeContainer({ id: ID, name: '/web1', labels });
  expect(problems.map(({ what }) => what)).toEqual([
    'label `drover.answers` is "two", not `all`, `one` or `started`; it is ignored',
    'label `drover.dns.ttl` is "-1", not a number of seconds from 0 to 86400; it is ignored',
    'label `drover.weight` is "257", not a whole number from 0 to 256; it is ignored',
    'label `drover.port.80` does not end in a name of 1 to 62 letters, digits or `-` with a letter among them; it is ignored',
    'label `drover.port.dns` is "53/icmp", not a port such as `8080` or `53/udp`; it is ignored',
    'label `drover.dns.upstreams` has "nobody", which is not an address such as `10.0.0.2` or `10.0.0.2:5353`; it is ignored',
    'label `drover.health.port` is "http", not a whole number from 1 to 65535; its health check is ignored',
  ]);
});

test.each([
  [{ Name: 'bridge', Driver: 'bridge', Options: { 'com.docker.network.bridge.name': 'docker0' } }, 'bridge', 'docker0'],
  [{ Name: 'app', Driver: 'bridge' }, 'bridge', 'br-0123456789ab'],
  [{ Name: 'drover', Driver: 'bridge' }, 'managed', 'br-0123456789ab'],
  [{ Name: 'x', Driver: 'bridge', Labels: { 'drover.managed': 'true' } }, 'managed', 'br-0123456789ab'],
  [{ Name: 'x', Driver: 'bridge', Labels: { 'drover.managed': 'false' } }, 'bridge', 'br-0123456789ab'],
  [{ Name: 'host', Driver: 'host' }, 'host', null],
  [{ Name: 'none', Driver: 'null' }, 'none', null],
  [{ Name: 'drover', Driver: 'overlay' }, 'other', null],
  [{ Name: 'lan', Driver: 'macvlan' }, 'other', null],
])('networkFromInspect(): %j is %s on %s', (change, kind, device) => {
  const inspect = networkSchema.parse({
    Id: '0123456789abcdef',
    Internal: true,
    IPAM: { Config: [{ Subnet: '172.18.3.4/16' }, { Subnet: 'FD00::/64' }, {}] },
    ...change,
  });
  expect(networkFromInspect(inspect, { hostId: 'host1', managedNetworkName: 'drover' })).toEqual({
    id: '0123456789abcdef',
    hostId: 'host1',
    name: change.Name,
    kind,
    subnets: ['172.18.0.0/16', 'fd00::/64'],
    internal: true,
    device,
  });
});

test.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['255.255.255.255/0', '0.0.0.0/0'],
  ['192.0.2.130/25', '192.0.2.128/25'],
  ['192.0.2.1/32', '192.0.2.1/32'],
  ['192.0.2.1/33', '192.0.2.1/33'],
  ['FD00::1/64', 'fd00::/64'],
  ['nonsense', 'nonsense'],
])('canonicalCidr(%s) is %s', (cidr, expected) => {
  expect(canonicalCidr(cidr)).toBe(expected);
});
