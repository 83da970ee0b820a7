import { expect, test } from 'vitest';
import {
  NO_BALANCER_OPTIONS,
  NO_RULE_OPTIONS,
  type PublishedPort,
  type ServiceDeclaration,
} from '../../model/index.ts';
import {
  endpointPorts,
  endpointsOf,
  endpointWeight,
  endpointWeights,
  findService,
  isPort,
  type ServicePort,
  serviceAnswers,
  servicePorts,
  viewOf,
} from '../../view/index.ts';
import { at, BRIDGE, container, declaration, host, links, snapshot, type World } from './world.ts';

const format = ({ port, protocol, names }: ServicePort) => [`${port}/${protocol}`, ...names].join(' ');

function serviceIn(world: World, key: string, hostId = 'a') {
  const view = viewOf(snapshot(world), hostId);
  const service = findService(view, key);
  if (!service) throw new Error(`no service ${key}`);
  return { view, service };
}

function ports(world: World, key = 's/web'): readonly string[] {
  const { view, service } = serviceIn(world, key);
  return servicePorts(view, service).map(format);
}

const declared = (...entries: readonly string[]) => ports({ declarations: [declaration('s/web', { ports: entries })] });

test.each<[string, readonly string[]]>([
  ['80', ['80/tcp']],
  ['8080:80', ['80/tcp']],
  ['127.0.0.1:8080:80/UDP', ['80/udp']],
  [' 5/sctp ', ['5/sctp']],
  ['9000-9002', ['9000/tcp', '9001/tcp', '9002/tcp']],
  ['1-1', ['1/tcp']],
  ['65535', ['65535/tcp']],
  ['0', []],
  ['65536', []],
  ['9002-9000', []],
  ['80/http', []],
  ['web', []],
])('a port entry %j of a declaration names the container ports %j', (entry, expected) => {
  expect(declared(entry)).toEqual(expected);
});

test('a range of up to 128 ports is listed port by port', () => {
  expect(declared('1000-1127')).toHaveLength(128);
  expect(declared('1000-1128')).toEqual([]);
});

test('ports come from declarations, load balancer rules, labels and containers, each once, in order', () => {
  const rule = { path: null, hostname: null, service: null, targetPort: null, priority: null, backendName: null };
  const portRule = (sourcePort: number | null, protocol: 'http' | 'udp') => ({
    ...rule,
    sourcePort,
    protocol,
    selector: null,
    weight: 0,
    pathMatch: 'prefix' as const,
    container: null,
    options: NO_RULE_OPTIONS,
  });
  const lbConfig: ServiceDeclaration['lbConfig'] = {
    certs: [],
    defaultCert: null,
    config: null,
    stickinessPolicy: null,
    portRules: [portRule(443, 'http'), portRule(53, 'udp'), portRule(null, 'http')],
    options: NO_BALANCER_OPTIONS,
    sinceMs: null,
  };
  const world: World = {
    containers: [
      container('c1', 's/web', '10.42.1.1', {
        ports: [{ hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
        exposed: [{ port: 53, protocol: 'tcp' }],
        labels: { 'drover.port.web': '80', 'drover.port.http': '80' },
      }),
    ],
    declarations: [
      declaration('s/web', { ports: ['80'], expose: ['22'], labels: { 'drover.port.ssh': '22' }, lbConfig }),
      declaration('s/all', { kind: 'dnsService', links: links('s/web', 's/other', 's/all') }),
      declaration('s/other', { ports: ['7'] }),
      declaration('s/ext', { kind: 'externalService', ports: ['9'], links: links('s/web') }),
    ],
  };
  const expected = ['22/tcp ssh', '53/tcp', '53/udp', '80/tcp http web', '443/tcp'];
  expect(ports(world)).toEqual(expected);
  expect(ports(world, 's/all')).toEqual(['7/tcp', ...expected]);
  expect(ports(world, 's/ext')).toEqual(['9/tcp']);
});

test('isPort() compares the protocol, and the number or a name', () => {
  const port: ServicePort = { port: 80, protocol: 'tcp', names: ['http'] };
  const asked = [['http', 'tcp'], ['80', 'tcp'], ['http', 'udp'], ['81', 'tcp']] as const; // biome-ignore format: one line
  expect(asked.map(([name, protocol]) => isPort(port, { name, protocol }))).toEqual([true, true, false, false]);
});

test('endpointPorts() has the port numbers as seen from this host', () => {
  const published: PublishedPort[] = [
    { hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    { hostAddress: '0.0.0.0', hostPort: 8053, containerPort: 53, protocol: 'udp' },
  ];
  const world: World = {
    containers: [
      container('c1', 's/web', null, {
        addresses: [at(BRIDGE, '172.17.0.2')],
        ports: published,
        exposed: [{ port: 53, protocol: 'tcp' }],
      }),
    ],
    declarations: [declaration('s/ext', { kind: 'externalService', externalIps: ['203.0.113.1'], ports: ['25'] })],
  };
  const reached = (key: string, hostId: string) => {
    const { view, service } = serviceIn(world, key, hostId);
    return endpointsOf(view, service, 'lb').answer.map((endpoint) =>
      endpointPorts(view, endpoint).map(({ port, protocol, reached: number }) => `${number}->${port}/${protocol}`),
    );
  };
  expect(reached('s/web', 'a')).toEqual([['53->53/tcp', '53->53/udp', '80->80/tcp']]);
  expect(reached('s/web', 'b')).toEqual([['8053->53/udp', '8080->80/tcp']]);
  expect(reached('s/ext', 'a')).toEqual([['25->25/tcp']]);
});

test('the declaration decides how DNS answers, then its labels, then the newest container', () => {
  const labels = (ttl: string) => ({ 'drover.dns.ttl': ttl, 'drover.answers': 'one' });
  const containers = [
    container('c1', 's/web', '10.42.1.1', { createdAtMs: 2, labels: labels('2') }),
    container('c2', 's/web', '10.42.1.2', { createdAtMs: 3, labels: labels('3') }),
    container('c3', 's/web', '10.42.1.3', { createdAtMs: 1, labels: labels('1') }),
  ];
  const answers = (...declarations: readonly ServiceDeclaration[]) =>
    serviceAnswers(serviceIn({ containers, declarations }, 's/web').service);
  expect(answers()).toEqual({ give: 'one', started: false, ttlSeconds: 3, preferLocal: false, texts: [] });
  expect(answers(declaration('s/web', { labels: { 'drover.dns.ttl': '7' } }))).toMatchObject({ ttlSeconds: 7 });
  const options = { answers: 'all', dns: { ttl: 9, prefer: 'local', txt: ['t'] } };
  expect(answers(declaration('s/web', { options, labels: { 'drover.dns.ttl': '7' } }))).toEqual({
    give: 'all',
    started: false,
    ttlSeconds: 9,
    preferLocal: true,
    texts: ['t'],
  });
  const plain = serviceIn({ containers: [container('c1', 's/web', '10.42.1.1')] }, 's/web').service;
  expect(serviceAnswers(plain)).toEqual({
    give: 'all',
    started: false,
    ttlSeconds: null,
    preferLocal: false,
    texts: [],
  });
});

test('the weight of an endpoint is that of its container, else of its service, else 1', () => {
  const world: World = {
    containers: [
      container('c1', 's/web', '10.42.1.1', { labels: { 'drover.weight': '5' } }),
      container('c2', 's/web', '10.42.1.2'),
      container('d1', 's/plain', '10.42.1.3'),
      container('e1', 's/labelled', '10.42.1.4'),
    ],
    declarations: [
      declaration('s/web', { options: { weight: 3 }, labels: { 'drover.weight': '4' } }),
      declaration('s/labelled', { labels: { 'drover.weight': '0' } }),
    ],
  };
  const of = (...keys: readonly string[]) => {
    const { view } = serviceIn(world, 's/web');
    const endpoints = keys.flatMap((key) => endpointsOf(view, serviceIn(world, key).service).answer);
    expect(endpointWeights(view, endpoints.slice(0, 1))).toBeNull();
    return { each: endpoints.map((one) => endpointWeight(view, one)), together: endpointWeights(view, endpoints) };
  };
  expect(of('s/web', 's/plain', 's/labelled')).toEqual({ each: [5, 3, 1, 0], together: [5, 3, 1, 0] });
  expect(of('s/plain', 's/plain')).toEqual({ each: [1, 1], together: null });
});

test('a host with an IPv6 address is reached through the ports on all IPv6 addresses', () => {
  const port = (hostAddress: string, hostPort: number): PublishedPort => ({
    hostAddress,
    hostPort,
    containerPort: 80,
    protocol: 'tcp',
  });
  const world: World = {
    hosts: [host('a', { address: '2001:db8::a' }), host('b')],
    containers: [
      container('c1', 's/web', null, {
        addresses: [at(BRIDGE, '172.17.0.2')],
        ports: [port('0.0.0.0', 9090), port('::', 8080)],
      }),
    ],
  };
  const { view, service } = serviceIn(world, 's/web', 'b');
  const [endpoint] = endpointsOf(view, service, 'lb').answer;
  expect([endpoint?.address, endpoint?.ports.map(({ hostPort }) => hostPort)]).toEqual(['2001:db8::a', [8080]]);
});
