import { isDeepStrictEqual } from 'node:util';
import { type Backend, createFloor, createManagedRouting, type TunnelPeer } from '../../overlay/index.ts';
import { createReconciler, type Reconciler } from '../../reconcile/index.ts';
import { systemClock as clock, createLog } from '../../system/index.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { BRIDGE, type PairHost } from './pair.ts';

/** The loops of an agent that keep the tunnels, the routes and the floor of one host. */
export interface DroverHost {
  readonly own: PairHost;
  readonly backend: Backend;
  /** As the other hosts see this one. */
  asPeer(): Promise<TunnelPeer>;
  /** Milliseconds until all changes for exactly these peers are made. */
  program(peers: readonly TunnelPeer[]): Promise<number>;
  /** Has all loops read the kernel, as the events of the last change do. */
  rest(): Promise<void>;
  /** Waits until nothing is left to do: programs need a moment to start. */
  settle(): Promise<void>;
}

export interface DroverHostOptions {
  readonly backend: Backend;
  /** Of the tunnel device. */
  readonly mtu: number;
}

const RANGES = ['10.0.0.0/8'];
const NEVER = new AbortController().signal;

export function startDroverHost(resources: Resources, own: PairHost, { backend, mtu }: DroverHostOptions): DroverHost {
  const { host, subnet, gateway, address } = own;
  const log = createLog('bench', { level: 'error', format: 'json' });
  // Passes begin only when something is triggered.
  const options = { intervalMs: 3_600_000, followed: true };
  const isFollowed = backend.name === 'vxlan';
  const deps = { run: host.run, log };
  const tunnels = createReconciler(
    { clock, log },
    { ...options, ...backend.applier, name: backend.name, followed: isFollowed },
  );
  const routing = createReconciler(
    { clock, log },
    { ...options, ...createManagedRouting(deps, { dockerUserRules: false }).applier, name: 'routing' },
  );
  const floor = createReconciler({ clock, log }, { ...options, ...createFloor(deps).applier, name: 'floor' });
  const loops = [floor, tunnels, routing];
  const triggers = [triggerOf(floor), triggerOf(tunnels), triggerOf(routing)] as const;
  const stop = new AbortController();
  const life = [...loops, backend].map((part) => part.run(stop.signal));
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
      const bridge = { subnet, gateway, device: BRIDGE };
      const routes = peers.map((peer) => ({
        hostId: peer.hostId,
        subnets: peer.subnets,
        hop: backend.hop(peer),
        mtu: null,
      }));
      const isDone = [
        triggers[0]({ ranges: RANGES, own: bridge, ...floorOf(backend, peers) }, revision),
        triggers[1]({ own: { hostId: host.name, subnet, gateway, address, mtu }, peers }, revision),
        triggers[2]({ ranges: RANGES, own: bridge, peers: routes }, revision),
      ];
      const isApplied = () => isDone.every((one) => one());
      await poll(isApplied, { what: `${peers.length} peers`, timeoutMs: 60_000, intervalMs: 1 });
      return performance.now() - beganAt;
    },
    rest: async () => {
      const begin = clock.monotonic();
      for (const loop of loops) loop.recheck();
      await poll(() => loops.every((loop) => (loop.status().lastAppliedTickMs ?? 0) > begin), { what: 'rest' });
    },
    settle: async () => void (await poll(() => isSettled(loops), { what: backend.name, timeoutMs: 30_000 })),
  };
}

/** Triggers a loop if what is desired has changed, as the agent does. The result tells whether that is applied. */
function triggerOf<Desired>(loop: Pick<Reconciler<Desired>, 'trigger' | 'status'>) {
  let last: Desired | undefined;
  return (next: Desired, revision: number): (() => boolean) => {
    if (isDeepStrictEqual(last, next)) return () => true;
    last = next;
    loop.trigger(next, revision);
    return () => loop.status().lastAppliedRevision === revision;
  };
}

function floorOf({ name, device, port }: Backend, peers: readonly TunnelPeer[]) {
  const isVxlan = name === 'vxlan';
  const vxlan = { vni: 1042, port: port ?? 0, addresses: peers.map(({ address }) => address) };
  return { devices: device === null ? [] : [device], closed: !isVxlan, vxlan: isVxlan ? vxlan : null };
}

async function isSettled(loops: readonly Pick<Reconciler<never>, 'recheck' | 'plan' | 'status'>[]): Promise<boolean> {
  for (const loop of loops) loop.recheck();
  const plans = await Promise.all(loops.map((loop) => loop.plan(NEVER)));
  return plans.every((plan) => plan?.changes.length === 0 && plan.problems.length === 0);
}
