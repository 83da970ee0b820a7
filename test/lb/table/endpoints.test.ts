import { describe, expect, test } from 'vitest';
import type { BalancerOptions, Container, PortRule } from '../../../model/index.ts';
import { at, BRIDGE, CHECK, container, declaration, links, network } from '../../view/world.ts';
import { balancer, leftOutOf, problemsOf, rule, serversOf, tableFrom } from './table-world.ts';

const web = (n: number, changes: Partial<Container> = {}) => container(`w${n}`, 'shop/web', `10.42.1.${n}`, changes);
const tcp = (port: number) => ({ port, protocol: 'tcp' as const });

function tableOf(
  containers: readonly Container[],
  rules: readonly PortRule[] = [rule()],
  declared: Parameters<typeof declaration>[1] = {},
  options: Partial<BalancerOptions> = {},
) {
  const declarations = [declaration('shop/web', declared), balancer('shop/front', rules, { options })];
  return tableFrom({ containers, declarations, networks: [network('b', 'net-b')] });
}

describe('states', () => {
  test('a stopping container drains, others get nothing and have a reason', () => {
    const table = tableOf([
      web(1),
      web(2, { state: 'stopping' }),
      web(3, { state: 'stopped' }),
      web(4, { health: 'initializing', wasReady: false }),
      web(5, { state: 'paused' }),
      web(6, { addresses: [] }),
    ]);
    expect(serversOf(table)).toEqual(['10.42.1.1:8080', '10.42.1.2:8080 drain']);
    expect(leftOutOf(table)).toEqual([
      'w3: created, restarting or stopped',
      'w4: starting or running; its check has not passed since the start',
      'w5: paused by its operator',
      'w6: it has no address on any network (running)',
    ]);
  });

  test('an endpoint whose check fails is used while no other is ready', () => {
    const failing = web(1, { health: 'unhealthy' });
    expect(serversOf(tableOf([failing], [rule()], { healthCheck: CHECK }))).toEqual(['10.42.1.1:8080']);
    expect(serversOf(tableOf([failing, web(2, { health: 'healthy' })], [rule()], { healthCheck: CHECK }))).toEqual([
      '10.42.1.2:8080',
    ]);
  });

  test('a new container at the address of one that stops gets the requests', () => {
    const addresses = { networkMode: 'host' as const };
    const table = tableOf([web(1, { ...addresses, state: 'stopping' }), web(2, addresses)]);
    expect(serversOf(table)).toEqual(['192.0.2.1:8080']);
    expect(table.backends[0]?.servers[0]?.containerId).toBe('w2');
  });
});

test('the drain timeout is that of the balancer, else the longest of its services, also for rules by labels', () => {
  const of = (drainTimeoutMs: number | null, rules = [rule(), rule({ service: 'shop/api' })]) =>
    tableFrom({
      containers: [web(1, { labels: { 'drover.lb.host': 'web.com', 'drover.lb.entry': 'http:81' } })],
      declarations: [
        declaration('shop/web', { options: { drain_timeout_ms: 3_000 } }),
        declaration('shop/api', { options: { drain_timeout_ms: 4_000 } }),
        declaration('shop/idle'),
        balancer('shop/front', rules, { options: { drainTimeoutMs } }),
      ],
    }).backends.map((backend) => `${backend.balancer} ${backend.drainTimeoutMs}`);
  expect(of(null)).toEqual(['shop/front 4000', 'shop/web 3000']);
  expect(of(2_000)).toEqual(['shop/front 2000', 'shop/web 3000']);
  expect(of(null, [rule({ service: 'shop/idle' })])).toEqual(['shop/front null', 'shop/web 3000']);
});

describe('ports', () => {
  test.each([
    ['the only TCP port', [tcp(9000), { port: 53, protocol: 'udp' as const }], ['10.42.1.1:9000']],
    ['the lowest TCP port', [tcp(9000), tcp(81)], ['10.42.1.1:81']],
    ['no TCP port', [{ port: 53, protocol: 'udp' as const }], []],
  ])('without a target port: %s', (_, exposed, expected) => {
    expect(serversOf(tableOf([web(1, { exposed })], [rule({ targetPort: null })]))).toEqual(expected);
  });

  test('no known port is a problem', () => {
    const table = tableOf([web(1)], [rule({ targetPort: null })]);
    expect(leftOutOf(table)).toEqual(['w1: no TCP port of its service is known']);
    expect(problemsOf(table)).toEqual([
      'shop/front: load balancer rule shop/front#1 has no target port: no TCP port of shop/web is known',
    ]);
  });

  test('on another host, the published port, if there is one', () => {
    const elsewhere = { hostId: 'b', addresses: [at(BRIDGE, '172.17.0.2')] };
    const published = (containerPort: number, protocol: 'tcp' | 'udp' = 'tcp') => ({
      ...elsewhere,
      ports: [{ hostAddress: '0.0.0.0', hostPort: 32_768, containerPort, protocol }],
    });
    const table = tableOf([
      web(1, published(8080)),
      web(2, published(9)),
      web(3, published(8080, 'udp')),
      web(4, elsewhere),
    ]);
    expect(serversOf(table)).toEqual(['192.0.2.2:32768']);
    expect(leftOutOf(table).slice(0, 2)).toEqual([
      'w2: port 8080 is not published on its host',
      'w3: port 8080 is not published on its host',
    ]);
    expect(leftOutOf(table)[2]).toContain('it publishes no port');
  });

  test('one address with two target ports is two servers', () => {
    const rules = [rule({ weight: 2 }), rule({ targetPort: 9090 }), rule({ weight: 7 })];
    expect(serversOf(tableOf([web(1)], rules))).toEqual(['10.42.1.1:8080 w2', '10.42.1.1:9090']);
  });

  test('an IPv6 address', () => {
    expect(serversOf(tableOf([web(1, { addresses: [at(BRIDGE, null, 'fd00::1')] })]))).toEqual(['fd00::1:8080']);
  });
});

describe('weights', () => {
  const weighted = (n: number, weight: string | null) =>
    web(n, { labels: weight === null ? {} : { 'drover.weight': weight } });

  test.each([
    ['that of the rule', 5, [null], ['w5']],
    ['times that of the endpoint', 5, ['3', null], ['w15', 'w5']],
    ['0 gives nothing', 5, ['0', null], ['w0', 'w5']],
    ['at most 256, in the same relation', 256, ['4', '2', '1'], ['w256', 'w128', 'w64']],
    ['above 0 stays above 0', 1000, ['256', '1', '0'], ['w256', '', 'w0']],
  ])('%s', (_, weight, labels, expected) => {
    const containers = labels.map((label, index) => weighted(index + 1, label));
    const servers = serversOf(tableOf(containers, [rule({ weight })]));
    expect(servers).toEqual(expected.map((text, index) => `10.42.1.${index + 1}:8080 ${text}`.trim()));
  });

  test('rules with one host and path: in the relation of their weights', () => {
    const rules = [rule({ weight: 100 }), rule({ weight: 200, service: 'shop/api' })];
    const containers = [web(1, { labels: { 'drover.weight': '2' } }), container('a1', 'shop/api', '10.42.1.9')];
    expect(serversOf(tableOf(containers, rules))).toEqual(['10.42.1.1:8080 w200', '10.42.1.9:8080 w200']);
  });
});

describe('containers of this host', () => {
  const local = (health: Container['health'] = 'healthy') => web(1, { health });
  const remote = (health: Container['health'] = 'healthy') => web(2, { health, hostId: 'b' });
  const [LOCAL, REMOTE] = ['10.42.1.1:8080', '10.42.1.2:8080'];

  test.each([
    ['any', [local(), remote()], [LOCAL, REMOTE]],
    ['only-local', [local(), remote()], [LOCAL]],
    ['only-local', [remote()], []],
    ['only-local', [local('unhealthy'), remote()], [LOCAL]],
    ['prefer-local', [local(), remote()], [LOCAL]],
    ['prefer-local', [remote()], [REMOTE]],
    ['prefer-local', [local('unhealthy'), remote()], [REMOTE]],
    ['prefer-local', [local('unhealthy'), remote('unhealthy')], [LOCAL]],
  ] as const)('%s: %#', (target, containers, expected) => {
    expect(serversOf(tableOf(containers, [rule()], { healthCheck: CHECK }, { target }))).toEqual(expected);
  });

  test('the others are left out with a reason; external addresses count', () => {
    const external = declaration('shop/ext', { kind: 'externalService', externalIps: ['198.51.100.1'] });
    const rules = [rule(), rule({ service: 'shop/ext' }), rule({ targetPort: 9 })];
    const table = tableFrom({
      containers: [local(), remote()],
      declarations: [external, balancer('shop/front', rules, { options: { target: 'only-local' } })],
    });
    expect(serversOf(table)).toEqual([LOCAL, '10.42.1.1:9', '198.51.100.1:8080']);
    expect(leftOutOf(table)).toEqual([
      'w2: it runs on another host, and the load balancer uses only containers of its own host',
    ]);
  });
});

describe('targets', () => {
  test('LB-18: a container by name, any case, also without a service', () => {
    const rules = [rule({ service: null, container: 'W2' }), rule({ service: null, container: 'alone' })];
    const containers = [web(1), web(2), container('alone', null, '10.42.1.8')];
    expect(serversOf(tableOf(containers, rules))).toEqual(['10.42.1.2:8080', '10.42.1.8:8080']);
    expect(problemsOf(tableOf([], [rule({ service: null, container: 'x' })]))).toEqual([
      'shop/front: load balancer rule shop/front#1 has no target: there is no container x',
    ]);
  });

  test('a sidekick by its name', () => {
    const table = tableOf([container('l1', 'shop/web/log', '10.42.1.7')], [rule({ service: 'shop/web/log' })]);
    expect(serversOf(table)).toEqual(['10.42.1.7:8080']);
  });

  test('a target without declaration and containers is unknown; one with containers is not', () => {
    const declarations = [balancer('shop/front', [rule()])];
    expect(tableFrom({ declarations }).problems).toHaveLength(1);
    expect(tableFrom({ declarations, containers: [web(1)] }).problems).toEqual([]);
  });

  test('a balancer as target has no containers, which is a problem', () => {
    const declarations = [balancer('shop/in', []), balancer('shop/front', [rule({ service: 'shop/in' })])];
    expect(problemsOf(tableFrom({ declarations }))).toEqual([
      'shop/front: load balancer rule shop/front#1 has the target shop/in, which is a load balancer and has no containers',
    ]);
  });

  test('an alias: each service at its own port, faults of one do not stop the others', () => {
    const declarations = [
      declaration('shop/all', { kind: 'dnsService', links: links('shop/web', 'shop/none', 'shop/api', 'shop/all') }),
      balancer('shop/front', [rule({ service: 'shop/all', targetPort: null })]),
    ];
    const containers = [
      web(1, { exposed: [tcp(81)] }),
      container('a1', 'shop/api', '10.42.1.9', { exposed: [tcp(82)] }),
    ];
    const table = tableFrom({ containers, declarations });
    expect(serversOf(table)).toEqual(['10.42.1.1:81', '10.42.1.9:82']);
    expect(table.problems).toEqual([]);
  });

  test('an external host name in two rules is one server for each port', () => {
    const declarations = [
      declaration('shop/ext', { kind: 'externalService', hostname: 'ext.example.com.' }),
      balancer(
        'shop/front',
        [9, 80, 9].map((targetPort, at) => rule({ service: 'shop/ext', targetPort, weight: at + 1 })),
      ),
    ];
    expect(tableFrom({ declarations }).backends[0]?.namedServers).toMatchObject([
      { port: 80, weight: 2 },
      { port: 9, weight: 1 },
    ]);
  });

  test('an external host name needs a port', () => {
    const declarations = [
      declaration('shop/ext', { kind: 'externalService', hostname: 'ext.example.com.' }),
      balancer('shop/front', [rule({ service: 'shop/ext', targetPort: null })]),
    ];
    const table = tableFrom({ declarations });
    expect(table.backends[0]?.namedServers).toEqual([]);
    expect(problemsOf(table)).toEqual([
      'shop/front: load balancer rule shop/front#1 has no target port: no TCP port of shop/ext is known',
    ]);
  });
});

describe('labels', () => {
  const labels = { 'drover.lb.host': 'x.com' };
  const alone = (id: string, changes: Partial<Container> = {}) =>
    container(id, null, `10.42.1.${id}`, { name: 'Alone', labels, exposed: [tcp(80)], ...changes });

  test('containers without a service, of one name, on any host, are published together', () => {
    const table = tableFrom({
      containers: [
        alone('1'),
        alone('2', { hostId: 'b' }),
        container('Alone', 'shop/web', '10.42.1.3', { exposed: [tcp(80)] }),
      ],
    });
    expect(table.listeners[0]?.rules.map(({ name, balancer: owner }) => [name, owner])).toEqual([['alone', 'alone']]);
    expect(serversOf(table)).toEqual(['10.42.1.1:80', '10.42.1.2:80']);
  });

  test('a mistake in the labels of a new container is a problem, and the rules of the others stay', () => {
    const containers = [
      web(1, { labels, exposed: [tcp(80)], createdAtMs: 1 }),
      web(2, { labels: { 'drover.lb.host': 'y z' }, exposed: [tcp(80)], createdAtMs: 2 }),
    ];
    const table = tableFrom({ containers });
    expect(table.listeners[0]?.rules.map(({ host }) => host?.text)).toEqual(['x.com']);
    expect(serversOf(table)).toEqual(['10.42.1.1:80', '10.42.1.2:80']);
    expect(problemsOf(table)).toEqual(['shop/web: label drover.lb.host of shop/web is "y z", not a host name']);
  });

  test('labels of a balancer publish nothing', () => {
    const declarations = [balancer('shop/front', [], { declaration: { labels } })];
    expect(tableFrom({ declarations }).listeners).toEqual([]);
  });
});
