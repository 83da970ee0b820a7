import type { PeerTunnel, TunnelSources } from '../../../agent/control/overlay/tunnel-sources.ts';
import { type HostPaths, PATHS_FACT, type PathState, type Snapshot } from '../../../model/index.ts';
import type { PeerPath, TunnelTraffic } from '../../../overlay/index.ts';
import { viewOf } from '../../../view/index.ts';
import { at, container, host, snapshot } from '../../view/world.ts';

export const NOW = 1_800_000_000_000;

const SUBNETS = { a: '10.42.1.0/24', b: '10.42.2.0/24', c: '10.42.3.0/24' } as const;
const NAMES = { a: 'alpha', b: 'beta', c: 'gamma' } as const;

/** Hosts alpha (a), beta (b) and gamma (c); what b and c publish about paths. */
export function viewWith(
  published: Readonly<Record<string, Partial<HostPaths>>> = {},
  changes: Partial<Snapshot> = {},
) {
  const facts = Object.entries(published).map(([id, paths]) => [
    id,
    { [PATHS_FACT]: { silent: [], unheard: [], ...paths } satisfies HostPaths },
  ]);
  const world = snapshot({
    facts: Object.fromEntries(facts),
    hosts: (['a', 'b', 'c'] as const).map((id, index) =>
      host(id, { name: NAMES[id], subnets: [SUBNETS[id]], address: `192.0.2.${index + 1}` }),
    ),
    containers: [
      container('c1', 'shop/app', '10.42.1.5', { name: 'shop-app-1' }),
      container('c2', 'shop/web', '10.42.2.5', { name: 'shop-web-1', hostId: 'b' }),
      container('c3', 'shop/web', '10.42.1.6', { name: 'shop-web-2' }),
      container('c4', 'shop/job', null, { name: 'shop-job-1', hostId: 'b', state: 'stopped' }),
      container('c5', 'shop/alone', null, { name: 'shop-alone-1', hostId: 'b', addresses: [at('own', '172.18.0.2')] }),
    ],
  });
  return viewOf({ ...world, ...changes }, 'a');
}

export function path(state: PathState, changes: Partial<PeerPath> = {}): PeerPath {
  return {
    state,
    rttMs: state === 'up' ? 0.5 : null,
    lossIn: 0,
    lossOut: 0.03,
    mtu: 1_440,
    lastSeenAtMs: NOW - 500,
    sinceMs: NOW - 60_000,
    ...changes,
  };
}

export function tunnel(hostId: string, changes: Partial<PeerTunnel> = {}): PeerTunnel {
  const address = hostId === 'b' ? '192.0.2.2' : '192.0.2.3';
  const host = NAMES[hostId as keyof typeof NAMES];
  return {
    hostId,
    host,
    absent: false,
    backend: 'wireguard',
    slot: 0,
    address,
    port: 51_820,
    device: 'drover-wg0',
    ...changes,
  };
}

export function tunnelSources(
  paths: Readonly<Record<string, PeerPath>>,
  changes: Partial<TunnelSources> = {},
): TunnelSources {
  const traffic: readonly (readonly [string, TunnelTraffic])[] = [
    ['b', { receivedBytes: 1_234_567, sentBytes: 89, keyAgeSeconds: 120 }],
  ];
  return {
    tunnels: () => [tunnel('c'), tunnel('b')],
    paths: () => new Map(Object.entries(paths)),
    traffic: async () => new Map(traffic),
    probeProblem: () => null,
    probePort: 7_950,
    ...changes,
  };
}
