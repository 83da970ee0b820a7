import { describe, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import { ASKER, containerAddress, type DependencyKey, reachesManaged, viewOf } from '../../view/index.ts';
import { at, BRIDGE, container, host, MANAGED, network, snapshot } from './world.ts';

const OVERLAY = 'swarm';
const UNSHARED = 'no shared network; attach both to `net-managed`';
const NETWORKS = [
  network('a', 'red'),
  network('a', 'blue'),
  network('a', 'second', { kind: 'managed' }),
  network('b', 'red'),
  ...['a', 'b'].map((on) => network(on, OVERLAY, { kind: 'other' })),
];

/** `red:172.18.0.2 blue:172.19.0.2/fd00::2`; `host` and `none` are modes; `-`: no address. */
function attached(text: string): Partial<Container> {
  if (text === 'host' || text === 'none') return { networkMode: text, addresses: [] };
  const parts = text === '-' ? [] : text.split(' ');
  return {
    addresses: parts.map((part) => {
      const [, id = '', ips = ''] = /^([^:]+):(.*)$/.exec(part) ?? [];
      const [ipv4 = '', ipv6 = null] = ips.split('/');
      return at(id, ipv4 || null, ipv6);
    }),
  };
}

interface Setting {
  readonly on?: 'a' | 'b';
  readonly routed?: boolean;
  readonly ports?: Container['ports'];
}

/** The addresses of the endpoint as seen by the asker on host a, and whether they depend on the asker. */
function seen(endpoint: string, asker: string | null, { on = 'a', routed = false, ports = [] }: Setting = {}): string {
  const target = container('target', 's/web', null, { hostId: on, ports, ...attached(endpoint) });
  const from = asker === null ? null : container('asker', 's/app', null, attached(asker));
  const hosts = [host('a', { routedBridges: routed }), host('b', { address: '192.0.2.2' })];
  const view = viewOf(snapshot({ hosts, networks: NETWORKS, containers: [target, ...(from ? [from] : [])] }), 'a');
  const keys = new Set<DependencyKey>();
  const found = containerAddress(view, target, from, { depends: (on_) => void keys.add(on_) });
  return `${found.ok ? found.addresses.join(' ') : found.reason}${keys.has(ASKER) ? ' (asker)' : ''}`;
}

const M = `${MANAGED}:10.42.1.9`;
const RED = 'red:172.18.0.9';
const BLUE = 'blue:172.19.0.9';

describe('an endpoint on the same host', () => {
  test.each<[string, string | null, string]>([
    ['red:172.18.0.2', RED, '172.18.0.2 (asker)'],
    ['red:172.18.0.2', BLUE, `${UNSHARED} (asker)`],
    ['red:172.18.0.2', `${BLUE} ${RED}`, '172.18.0.2 (asker)'],
    ['red:172.18.0.2', M, `${UNSHARED} (asker)`],
    [`${BRIDGE}:172.17.0.2`, `${BRIDGE}:172.17.0.9`, '172.17.0.2 (asker)'],
    [`${MANAGED}:10.42.1.2`, M, '10.42.1.2'],
    [`${MANAGED}:10.42.1.2`, RED, UNSHARED],
    ['second:10.43.1.2', M, UNSHARED],
    [`red:172.18.0.2 ${MANAGED}:10.42.1.2`, RED, '172.18.0.2 (asker)'],
    [`red:172.18.0.2 ${MANAGED}:10.42.1.2`, M, '10.42.1.2 (asker)'],
    [`red:172.18.0.2 ${MANAGED}:10.42.1.2`, BLUE, `${UNSHARED} (asker)`],
    [`${OVERLAY}:10.0.1.2`, `${OVERLAY}:10.0.1.9`, '10.0.1.2 (asker)'],
    [`${OVERLAY}:10.0.1.2`, RED, `${UNSHARED} (asker)`],
    ['red:172.18.0.2/fd00::2', RED, '172.18.0.2 fd00::2 (asker)'],
    ['red:/fd00::2', RED, 'fd00::2 (asker)'],
    ['red:/fd00::2', BLUE, `${UNSHARED} (asker)`],
    // The address of the other family is on a network that the asker does not share.
    ['red:172.18.0.2 blue:/fd01::2', RED, '172.18.0.2 (asker)'],
    ['red:172.18.0.2 blue:/fd01::2', `${RED} ${BLUE}`, '172.18.0.2 fd01::2 (asker)'],
    ['host', RED, '192.0.2.1'],
    ['none', RED, 'it has no network (network_mode: none)'],
    ['-', RED, 'it has no address on any network (running)'],
    // Other clients: the host itself, clients from outside, containers whose networks are not known.
    ['red:172.18.0.2', null, '172.18.0.2 (asker)'],
    ['red:172.18.0.2', 'host', '172.18.0.2 (asker)'],
    ['red:172.18.0.2', '-', '172.18.0.2 (asker)'],
  ])('%s, asked from %s: %s', (endpoint, asker, expected) => {
    expect(seen(endpoint, asker)).toBe(expected);
  });
});

describe('an endpoint on another host', () => {
  const port = { hostAddress: '0.0.0.0', hostPort: 80, containerPort: 80, protocol: 'tcp' } as const;
  const away = 'its network red is reachable from b only, and it publishes no port: ';
  test.each<[string, string | null, string]>([
    [`${MANAGED}:10.42.2.2`, M, '10.42.2.2'],
    [`${MANAGED}:10.42.2.2`, `${RED} ${M}`, '10.42.2.2'],
    [`${MANAGED}:10.42.2.2`, RED, UNSHARED],
    [`${MANAGED}:10.42.2.2`, null, '10.42.2.2'],
    // Two hosts may have networks with equal names and ids.
    ['red:172.18.0.2', RED, `${away}${UNSHARED}`],
    ['red:172.18.0.2', null, `${away}${UNSHARED}`],
    [`${OVERLAY}:10.0.1.2`, `${OVERLAY}:10.0.1.9`, '10.0.1.2 (asker)'],
    [
      `${OVERLAY}:10.0.1.2`,
      RED,
      `its network swarm is reachable from b only, and it publishes no port: ${UNSHARED} (asker)`,
    ],
    [`${OVERLAY}:10.0.1.2 ${MANAGED}:10.42.2.2`, M, '10.42.2.2 (asker)'],
    [`${OVERLAY}:10.0.1.2 ${MANAGED}:10.42.2.2`, `${OVERLAY}:10.0.1.9`, '10.0.1.2 (asker)'],
    ['host', RED, '192.0.2.2'],
  ])('%s, asked from %s: %s', (endpoint, asker, expected) => {
    expect(seen(endpoint, asker, { on: 'b' })).toBe(expected);
  });

  test.each<[string, string | null, string]>([
    ['red:172.18.0.2', RED, '192.0.2.2'],
    [`${MANAGED}:10.42.2.2`, RED, '192.0.2.2'],
    [`${MANAGED}:10.42.2.2`, M, '10.42.2.2'],
  ])('%s with a published port, asked from %s: %s', (endpoint, asker, expected) => {
    expect(seen(endpoint, asker, { on: 'b', ports: [port] })).toBe(expected);
  });
});

test('a host that routes between its networks reaches all of them, shared ones first', () => {
  const routed = { routed: true };
  expect(seen('red:172.18.0.2', BLUE, routed)).toBe('172.18.0.2 (asker)');
  expect(seen(`${MANAGED}:10.42.1.2`, RED, routed)).toBe('10.42.1.2');
  expect(seen(`red:172.18.0.2 ${MANAGED}:10.42.1.2`, RED, routed)).toBe('172.18.0.2 (asker)');
  expect(seen(`${MANAGED}:10.42.2.2`, RED, { ...routed, on: 'b' })).toBe('10.42.2.2');
  expect(seen('red:172.18.0.2', RED, { ...routed, on: 'b' })).toContain(UNSHARED);
});

test('a container that shares the network of another one reaches what that one reaches', () => {
  const target = container('target', 's/web', null, attached('red:172.18.0.2'));
  const owner = container('owner', 's/app', null, attached(RED));
  const guest = container('guest', 's/app/log', null, { networkMode: 'container', networkFrom: 'owner' });
  const view = viewOf(snapshot({ networks: NETWORKS, containers: [target, owner, guest] }), 'a');
  expect(containerAddress(view, target, guest)).toMatchObject({ ok: true, address: '172.18.0.2' });
});

test('reachesManaged(): askers on all managed networks of the host, and other clients', () => {
  const askers = [M, `${M} second:10.43.1.9`, RED, '-'].map((text, n) =>
    container(`c${n}`, null, null, attached(text)),
  );
  const reached = (networks = NETWORKS, routedBridges = false) => {
    const view = viewOf(snapshot({ hosts: [host('a', { routedBridges })], networks, containers: askers }), 'a');
    return [...askers, null].map((asker) => reachesManaged(view, asker));
  };
  expect(reached()).toEqual([false, true, false, false, true]);
  expect(reached(NETWORKS.filter(({ id }) => id !== 'second'))).toEqual([true, true, false, false, true]);
  expect(reached(NETWORKS, true)).toEqual([true, true, true, true, true]);
  const full = snapshot({ containers: askers });
  const hosts = new Map([...full.hosts].map(([id, state]) => [id, { ...state, networks: new Map() }]));
  const without = viewOf({ ...full, hosts }, 'a');
  expect(askers.map((asker) => reachesManaged(without, asker))).toEqual([false, false, false, false]);
});
