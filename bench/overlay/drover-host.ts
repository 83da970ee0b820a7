import {
  type Backend,
  createManagedRouting,
  type DesiredRouting,
  type DesiredTunnels,
  type TunnelPeer,
} from '../../overlay/index.ts';
import { createReconciler, type Reconciler } from '../../reconcile/index.ts';
import { systemClock as clock, createLog } from '../../system/index.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { BRIDGE, type PairHost } from './pair.ts';

/** The loops of an agent that keep the tunnels and the routes of one host. */
export interface DroverHost {
  readonly own: PairHost;
  readonly backend: Backend;
  /** As the other hosts see this one. */
  asPeer(): Promise<TunnelPeer>;
  /** Milliseconds until the tunnels and the routes to exactly these peers are there. */
  program(peers: readonly TunnelPeer[]): Promise<number>;
}

export interface DroverHostOptions {
  readonly backend: Backend;
  /** Of the tunnel device. */
  readonly mtu: number;
}

const RANGES = ['10.0.0.0/8'];
/** Long: the passes are those that `program` starts. Short while a program or its device is missing. */
const [INTERVAL_MS, MISSING_INTERVAL_MS] = [3_600_000, 20];

export function startDroverHost(resources: Resources, own: PairHost, { backend, mtu }: DroverHostOptions): DroverHost {
  const { host, subnet, gateway, address } = own;
  const log = createLog('bench', { level: 'error', format: 'json' });
  const { applier } = createManagedRouting({ run: host.run, log }, { dockerUserRules: false });
  const tunnels: Reconciler<DesiredTunnels> = createReconciler(
    { clock, log },
    { ...backend.applier, name: backend.name, intervalMs: () => intervalOf(tunnels) },
  );
  const routing: Reconciler<DesiredRouting> = createReconciler(
    { clock, log },
    { ...applier, name: 'managed-routing', intervalMs: () => intervalOf(routing) },
  );
  const stop = new AbortController();
  const life = [tunnels.run(stop.signal), routing.run(stop.signal), backend.run(stop.signal)];
  resources.add(`loops of ${host.name}`, async () => {
    stop.abort();
    await Promise.all(life);
    await backend.remove();
  });
  let revision = 0;
  return {
    own,
    backend,
    asPeer: async () => ({
      hostId: host.name,
      address,
      port: backend.port,
      publicKey: await backend.publicKey(),
      subnets: [subnet],
      isSilent: false,
    }),
    program: async (peers) => {
      revision += 1;
      const beganAt = performance.now();
      tunnels.trigger({ own: { hostId: host.name, subnet, gateway, address, mtu }, peers }, revision);
      const routes = peers.map((peer) => ({
        hostId: peer.hostId,
        subnets: peer.subnets,
        hop: backend.hop(peer),
        mtu: null,
      }));
      routing.trigger({ ranges: RANGES, own: { subnet, gateway, device: BRIDGE }, peers: routes }, revision);
      await Promise.all([settled(tunnels, revision), settled(routing, revision)]);
      return performance.now() - beganAt;
    },
  };
}

type Loop = Pick<Reconciler<never>, 'status'>;

function intervalOf(loop: Loop): number {
  return loop.status().problems.length > 0 ? MISSING_INTERVAL_MS : INTERVAL_MS;
}

async function settled(loop: Loop, revision: number): Promise<void> {
  const isSettled = (): boolean => {
    const { lastAppliedRevision, problems } = loop.status();
    if (problems[0]) throw new Error(`${problems[0].subject}: ${problems[0].what}`);
    return lastAppliedRevision === revision;
  };
  await poll(isSettled, { what: loop.status().name, timeoutMs: 60_000, intervalMs: 1 });
}
