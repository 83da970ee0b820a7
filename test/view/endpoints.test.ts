import { describe, expect, test } from 'vitest';
import type { Container, PublishedPort } from '../../model/index.ts';
import { type Consumer, endpointsOf, findService, viewOf } from '../../view/index.ts';
import { at, BRIDGE, CHECK, container, declaration, links, snapshot, type World } from './world.ts';

function view(world: World) {
  return viewOf(snapshot(world), 'a');
}

function endpoints(world: World, key: string, consumer: Consumer = 'dns') {
  const seen = view(world);
  const service = findService(seen, key);
  if (!service) throw new Error(`no service ${key}`);
  return endpointsOf(seen, service, consumer);
}

function answer(world: World, key: string, consumer: Consumer = 'dns'): readonly string[] {
  return endpoints(world, key, consumer).answer.map(({ address }) => address);
}

const checked = declaration('s/web', { healthCheck: CHECK });

function published(hostPort: number, containerPort: number, hostAddress = '0.0.0.0'): PublishedPort {
  return { hostAddress, hostPort, containerPort, protocol: 'tcp' };
}

describe('which endpoints are answered', () => {
  test('a virtual address stands for all containers', () => {
    const world = {
      containers: [container('c1', 's/web', '10.42.1.1')],
      declarations: [declaration('s/web', { vip: '10.1.1.1' })],
    };
    expect(answer(world, 's/web')).toEqual(['10.1.1.1']);
    expect(answer(world, 's/web', 'lb')).toEqual(['10.42.1.1']);
  });

  test('all running containers, in the order of their numbers, of all hosts', () => {
    const containers = [
      container('c2', 's/web', '10.42.1.2', { serviceIndex: 10 }),
      container('c1', 's/web', '10.42.2.1', { serviceIndex: 9, hostId: 'b' }),
      container('c3', 's/web', '10.42.1.3', { serviceIndex: 1 }),
    ];
    expect(answer({ containers }, 's/web')).toEqual(['10.42.1.3', '10.42.2.1', '10.42.1.2']);
  });

  test('no stopped container if another one is running', () => {
    const containers = [
      container('c1', 's/web', '10.42.1.1', { state: 'stopped' }),
      container('c2', 's/web', '10.42.1.2'),
    ];
    expect(answer({ containers }, 's/web')).toEqual(['10.42.1.2']);
  });

  test('no endpoint for a service with a stopped container only; the service exists', () => {
    expect(answer({ containers: [container('c1', 's/web', null, { state: 'stopped' })] }, 's/web')).toEqual([]);
  });

  test('the healthy one of a healthy, an unhealthy and an initializing container', () => {
    const containers = [
      container('c1', 's/web', '10.42.1.1', { health: 'healthy' }),
      container('c2', 's/web', '10.42.1.2', { health: 'unhealthy' }),
      container('c3', 's/web', '10.42.1.3', { health: 'initializing' }),
    ];
    expect(answer({ containers, declarations: [checked] }, 's/web')).toEqual(['10.42.1.1']);
  });

  test('if none is ready, all that were ready since their start, and no other', () => {
    const containers = [
      container('c1', 's/web', '10.42.1.1', { health: 'unhealthy' }),
      container('c2', 's/web', '10.42.1.2', { health: 'unhealthy' }),
      container('c3', 's/web', '10.42.1.3', { health: 'unhealthy', wasReady: false }),
      container('c4', 's/web', '10.42.1.4', { health: 'initializing' }),
      container('c5', 's/web', '10.42.1.5', { health: 'healthy', state: 'stopping' }),
    ];
    const { answer: given, all } = endpoints({ containers }, 's/web');
    expect(given.map(({ address }) => address)).toEqual(['10.42.1.1', '10.42.1.2']);
    expect(all.map(({ container: behind, answered, reason }) => `${behind?.id} ${answered} ${reason}`)).toEqual([
      'c1 true its check fails; answered because no endpoint is ready',
      'c2 true its check fails; answered because no endpoint is ready',
      'c3 false starting or running; its check fails and it was never ready',
      'c4 false starting or running; its check has not passed since the start',
      'c5 false stopping: it was sent its stop signal',
    ]);
  });

  test('a ready one that cannot be reached does not block the fallback', () => {
    const containers = [
      container('c1', 's/web', null, { health: 'healthy' }),
      container('c2', 's/web', '10.42.1.2', { health: 'unhealthy' }),
    ];
    const { answer: given, all } = endpoints({ containers, declarations: [checked] }, 's/web');
    expect(given.map(({ address }) => address)).toEqual(['10.42.1.2']);
    expect(all.map(({ address, answered }) => [address, answered])).toEqual([
      [null, false],
      ['10.42.1.2', true],
    ]);
  });

  test('one that stops is the last resort in DNS, if another one has started; the load balancer has 503', () => {
    const containers = [
      container('c1', 's/web', '10.42.1.1', { health: 'initializing' }),
      container('c2', 's/web', '10.42.1.2', { state: 'stopping' }),
    ];
    for (const consumer of ['lb', 'virtual', 'external'] as const) {
      expect(answer({ containers }, 's/web', consumer)).toEqual([]);
    }
    expect(answer({ containers }, 's/web')).toEqual(['10.42.1.2']);
    expect(answer({ containers }, 's/web', 'metadata')).toEqual(['10.42.1.1', '10.42.1.2']);
  });

  const state = (states: string): World => ({
    containers: states.split(' ').map((text, at) => {
      const [state, was] = text.split('/') as [Container['state'], string?];
      const health =
        was === 'unhealthy' || was === 'failing' ? 'unhealthy' : was === 'starting' ? 'initializing' : null;
      return container(`c${at}`, 's/web', `10.42.1.${at}`, {
        state,
        health,
        wasReady: was === undefined || was === 'failing',
      });
    }),
  });
  test.each([
    ['stopping', '', ''],
    ['stopping stopped', '', ''],
    ['stopping created', '', ''],
    ['stopping running', '1', '1'],
    ['stopping running/failing', '1', '1'],
    ['stopping running/starting', '0', '1'],
    ['stopping running/unhealthy', '0', '1'],
    ['stopping starting/starting', '0', '1'],
    ['stopping paused', '0', '0'],
    ['stopping stopping', '0 1', '0 1'],
    ['stopping/never running/unhealthy', '', '1'],
    ['stopping/never stopping', '1', '1'],
    ['running running/starting running/unhealthy running/failing paused restarting', '0', '0 1 2 3'],
    ['running/starting running/starting', '', '0 1'],
    ['stopped created restarting', '', ''],
  ])('%s: by its name %j, by all. %j', (states, plain, all) => {
    const numbers = (consumer: Consumer) =>
      answer(state(states), 's/web', consumer)
        .map((ip) => ip.split('.')[3])
        .join(' ');
    expect([numbers('dns'), numbers('all')]).toEqual([plain, all]);
  });

  test('a declared check without a checker does not make its service disappear', () => {
    const containers = [container('c1', 's/web', '10.42.1.1')];
    expect(answer({ containers, declarations: [checked] }, 's/web')).toEqual(['10.42.1.1']);
  });

  test('no empty address', () => {
    const containers = [
      container('c1', 's/web', null),
      container('c2', 's/web', '', {}),
      container('c3', 's/web', '10.42.1.3'),
    ];
    expect(answer({ containers }, 's/web')).toEqual(['10.42.1.3']);
  });

  test('an address of two containers is answered once', () => {
    const containers = [1, 2].map((n) => container(`c${n}`, 's/web', null, { networkMode: 'host' }));
    expect(answer({ containers }, 's/web')).toEqual(['192.0.2.1']);
  });
});

describe('how endpoints are reached', () => {
  const bridged = (id: string, address: string, ports: readonly PublishedPort[], hostId = 'b') =>
    container(id, 's/web', null, { hostId, addresses: [at(BRIDGE, address)], ports });

  test('a container on a bridge of another host is unreachable, with the reason, unless it publishes a port', () => {
    const { answer: given, all } = endpoints({ containers: [bridged('c1', '172.17.0.2', [])] }, 's/web');
    expect(given).toEqual([]);
    expect(all[0]?.reason).toBe(
      'its network net-bridge is reachable from b only, and it publishes no port: no shared network; attach both to `net-managed`',
    );
    expect(answer({ containers: [bridged('c1', '172.17.0.2', [published(80, 80)])] }, 's/web')).toEqual(['192.0.2.2']);
  });

  test('an endpoint behind another port number is the last choice in DNS, and an ordinary one for a load balancer', () => {
    const containers = [bridged('c1', '172.17.0.2', [published(8080, 80)]), bridged('c2', '172.17.0.2', [], 'a')];
    expect(answer({ containers }, 's/web')).toEqual(['172.17.0.2']);
    expect(answer({ containers }, 's/web', 'lb')).toEqual(['192.0.2.2', '172.17.0.2']);
    expect(answer({ containers: containers.slice(0, 1) }, 's/web')).toEqual(['192.0.2.2']);
  });
});

describe('external services and aliases', () => {
  test('external addresses, without invalid ones', () => {
    const declarations = [
      declaration('s/ext', { kind: 'externalService', externalIps: ['203.0.113.1', 'nonsense', '2001:db8::1'] }),
    ];
    const { answer: given, notes } = endpoints({ declarations }, 's/ext');
    expect(given.map(({ address }) => address)).toEqual(['203.0.113.1', '2001:db8::1']);
    expect(notes).toEqual(['s/ext: nonsense is not an IP address']);
  });

  test('an alias stands for all its targets, each by its own rules', () => {
    const containers = [
      container('c1', 's/web', '10.42.1.1'),
      container('c2', 's/web', '10.42.1.2', { state: 'stopping' }),
      container('d1', 'd/db', '10.42.1.3', { health: 'unhealthy' }),
    ];
    const declarations = [
      declaration('s/both', { kind: 'dnsService', links: links('s/web', 'd/db') }),
      declaration('s/over', { kind: 'dnsService', links: links('s/both', 's/web') }),
    ];
    expect(answer({ containers, declarations }, 's/both')).toEqual(['10.42.1.1', '10.42.1.3']);
    expect(answer({ containers, declarations }, 's/over')).toEqual(['10.42.1.1', '10.42.1.3']);
  });

  test('a circle and a link without a target are noted and affect nothing else', () => {
    const containers = [container('c1', 's/web', '10.42.1.1')];
    const declarations = [
      declaration('s/one', { kind: 'dnsService', links: links('s/two', 's/missing', 'noslash') }),
      declaration('s/two', { kind: 'dnsService', links: links('s/one', 's/web') }),
    ];
    const { answer: given, notes } = endpoints({ containers, declarations }, 's/one');
    expect(given.map(({ address }) => address)).toEqual(['10.42.1.1']);
    expect(notes).toEqual([
      's/two: s/one is in the alias already',
      's/one: there is no service s/missing to stand for',
      's/one: there is no service noslash to stand for',
    ]);
  });
});

test('a sidekick without a network of its own has the address of its unit', () => {
  const containers = [
    container('c1', 's/web', '10.42.1.1'),
    container('c2', 's/web/log', null, { networkMode: 'container', networkFrom: 'c1' }),
    container('c3', 's/web/log', null, { networkMode: 'container', networkFrom: 'gone' }),
  ];
  expect(answer({ containers }, 's/web/log')).toEqual(['10.42.1.1']);
  expect(answer({ containers }, 's/web')).toEqual(['10.42.1.1']);
});
