import { describe, expect, test } from 'vitest';
import type { Container, PublishedPort } from '../../model/index.ts';
import { containerAddress, viewOf } from '../../view/index.ts';
import { at, BRIDGE, container, host, MANAGED, network, snapshot, type World } from './world.ts';

const NETWORKS = [
  network('a', 'zeta'),
  network('a', 'alpha'),
  network('a', 'aaa-closed', { internal: true }),
  network('a', 'aaa-macvlan', { kind: 'other' }),
];

/** One line: how, where, over which network and ports; or why not. */
function reach(made: Container, world: World = {}, askedOn = 'a'): string {
  const view = viewOf(
    snapshot({ networks: NETWORKS, ...world, containers: [made, ...(world.containers ?? [])] }),
    askedOn,
  );
  const found = containerAddress(view, made);
  if (!found.ok) return found.reason;
  const ports = found.ports.map(({ hostPort, containerPort }) => `${hostPort}->${containerPort}`);
  return [found.via, found.address, found.network ?? '-', ...ports].join(' ');
}

function port(hostPort: number, hostAddress: string): PublishedPort {
  return { hostAddress, hostPort, containerPort: 80, protocol: 'tcp' };
}

const UNSHARED = 'no shared network; attach both to `net-managed`';
const several = [at(BRIDGE, '172.17.0.2'), at('zeta', '172.18.0.2'), at('alpha', '172.19.0.2')];

describe('containerAddress() for an asker on the same host', () => {
  const target = container('a', 'shop/web', null, { addresses: [...several, at(MANAGED, '10.42.1.2')] });
  const seenFrom = (changes: Partial<Container>, made = target): string => {
    const asker = container('a', 'shop/app', null, { id: 'asker', name: 'asker', ...changes });
    const view = viewOf(snapshot({ networks: NETWORKS, containers: [made, asker] }), 'a');
    const found = containerAddress(view, made, asker);
    return found.ok ? found.address : found.reason;
  };

  test.each<[string, Partial<Container>, string]>([
    ['a bridge they share, for Docker keeps bridges apart', { addresses: [at('zeta', '172.18.0.9')] }, '172.18.0.2'],
    [
      'managed first of those they share',
      { addresses: [at('zeta', '172.18.0.9'), at(MANAGED, '10.42.1.9')] },
      '10.42.1.2',
    ],
    ['none when they share none', { addresses: [at('aaa-closed', '172.20.0.9')] }, UNSHARED],
    ['as for anybody on the host network', { networkMode: 'host', addresses: [] }, '10.42.1.2'],
    ['on another host', { hostId: 'b', addresses: [at('zeta', '172.18.0.9')] }, '10.42.1.2'],
  ])('%s', (_, changes, expected) => {
    expect(seenFrom(changes)).toBe(expected);
  });

  test('the preferred network, if they share it; else one that they do', () => {
    const both = { addresses: [at('alpha', '172.19.0.9'), at('zeta', '172.18.0.9')] };
    expect(seenFrom(both, { ...target, preferredNetwork: 'zeta' })).toBe('172.18.0.2');
    expect(seenFrom({ addresses: [at('alpha', '172.19.0.9')] }, { ...target, preferredNetwork: 'zeta' })).toBe(
      '172.19.0.2',
    );
  });
});

describe('containerAddress() on the same host', () => {
  test.each<[string, Partial<Container>, string]>([
    [
      'managed before bridges',
      { addresses: [at(BRIDGE, '172.17.0.2'), at(MANAGED, '10.42.1.2')] },
      'managed 10.42.1.2 net-managed',
    ],
    ['bridges by name', { addresses: several }, 'bridge 172.19.0.2 alpha'],
    [
      'never the bridge through which a Swarm task leaves its host',
      {
        addresses: [at('docker_gwbridge', '172.21.0.2'), at('zeta', '172.18.0.2')],
        preferredNetwork: 'docker_gwbridge',
      },
      'bridge 172.18.0.2 zeta',
    ],
    ['the order of the input does not matter', { addresses: [...several].reverse() }, 'bridge 172.19.0.2 alpha'],
    ['the preferred one', { addresses: several, preferredNetwork: 'zeta' }, 'bridge 172.18.0.2 zeta'],
    ['a preferred one it has not', { addresses: several, preferredNetwork: 'nosuch' }, 'bridge 172.19.0.2 alpha'],
    [
      'the preferred one before the managed one',
      { addresses: [...several, at(MANAGED, '10.42.1.2')], preferredNetwork: 'zeta' },
      'bridge 172.18.0.2 zeta',
    ],
    [
      'internal networks after the others',
      { addresses: [at('aaa-closed', '172.20.0.2'), at('zeta', '172.18.0.2')] },
      'bridge 172.18.0.2 zeta',
    ],
    [
      "what plugins bring after Docker's own",
      { addresses: [at('aaa-macvlan', '172.21.0.2'), at('aaa-closed', '172.20.0.2')] },
      'bridge 172.20.0.2 aaa-closed',
    ],
    ['a network nobody has told about yet', { addresses: [at('new', '172.30.0.2')] }, 'bridge 172.30.0.2 new'],
    ['IPv6 alone', { addresses: [at('zeta', null, '2001:db8::2')] }, 'bridge 2001:db8::2 zeta'],
    ['host network', { networkMode: 'host', addresses: [] }, 'host 192.0.2.1 -'],
    ['none', { networkMode: 'none', addresses: [] }, 'it has no network (network_mode: none)'],
    [
      'no address yet',
      { addresses: [at('zeta', null)], state: 'created' },
      'it has no address on any network (created)',
    ],
  ])('%s', (_, changes, expected) => {
    expect(reach(container('c1', null, null, changes))).toBe(expected);
  });

  test("a shared network namespace has its owner's address, through a circle of bad data as well", () => {
    const owner = container('c2', null, '10.42.1.2');
    const guest = container('c1', null, null, { networkMode: 'container', networkFrom: 'c2' });
    expect(reach(guest, { containers: [owner] })).toBe('managed 10.42.1.2 net-managed');
    const circle = container('c2', null, null, { networkMode: 'container', networkFrom: 'c1' });
    expect(reach(guest, { containers: [circle] })).toBe('the container whose network it shares does not exist');
    expect(reach(guest)).toBe('the container whose network it shares does not exist');
  });
});

describe('containerAddress() from another host', () => {
  test.each<[string, Partial<Container>, string]>([
    ['managed', { addresses: [at(BRIDGE, '172.17.0.2'), at(MANAGED, '10.42.1.2')] }, 'managed 10.42.1.2 net-managed'],
    [
      'managed, though a bridge is preferred',
      { addresses: [at('zeta', '172.18.0.2'), at(MANAGED, '10.42.1.2')], preferredNetwork: 'zeta' },
      'managed 10.42.1.2 net-managed',
    ],
    ['host network', { networkMode: 'host', addresses: [] }, 'host 192.0.2.1 -'],
    [
      'a port on all addresses',
      { addresses: several, ports: [port(8080, '0.0.0.0'), port(8080, '::')] },
      'published 192.0.2.1 - 8080->80',
    ],
    [
      "the host's own address before others",
      { addresses: several, ports: [port(1, '192.0.2.0'), port(2, '192.0.2.1')] },
      'published 192.0.2.1 - 2->80',
    ],
    [
      'an address of its own',
      { addresses: several, ports: [port(1, '192.0.2.9'), port(2, '192.0.2.8')] },
      'published 192.0.2.8 - 2->80',
    ],
    [
      'a port on loopback is not reachable from other hosts',
      { addresses: several, ports: [port(8080, '127.0.0.1')] },
      'its network alpha is reachable from a only, and it publishes no port: no shared network; attach both to `net-managed`',
    ],
    ['nothing', { addresses: [] }, 'it has no address on any network of a'],
  ])('%s', (_, changes, expected) => {
    expect(reach(container('c1', null, null, changes), {}, 'b')).toBe(expected);
  });

  test('a host whose own fact has not arrived yet', () => {
    const world = { hosts: [host('a', { address: '' }), host('b')] };
    expect(reach(container('c1', null, null, { networkMode: 'host' }), world, 'b')).toBe(
      'it uses the network of its host, whose address is not known yet',
    );
  });
});
