import type { Container } from '../model/index.ts';
import type { DesiredGuard, GuardedContainer, ManagedNetwork } from '../overlay/index.ts';
import type { Reconciler } from '../reconcile/index.ts';
import type { DockerSource } from '../sources/index.ts';
import type { StateStore } from '../state/index.ts';
import type { Clock } from '../system/index.ts';

export interface GuardDependencies {
  readonly loop: Reconciler<DesiredGuard>;
  readonly store: Pick<StateStore, 'current' | 'subscribe' | 'hostId'>;
  readonly source: Pick<DockerSource, 'status'>;
  readonly clock: Clock;
}

/** The port guard's loop, fed with this host's containers at each change of them. */
export interface GuardLoop extends Pick<Reconciler<unknown>, 'run' | 'status' | 'confirm'> {
  /** The network whose containers are guarded. */
  attach(network: ManagedNetwork): void;
}

/** Until Docker has told what there is. */
const WAITING_MS = 100;

export function createGuardLoop({ loop, store, source, clock }: GuardDependencies): GuardLoop {
  let network: ManagedNetwork | null = null;
  let guarded: ReadonlyMap<string, Container> | undefined;
  const isComplete = (): boolean => source.status().lastSyncMs !== null;

  const follow = (): void => {
    const { hosts, revision } = store.current();
    const containers = hosts.get(store.hostId)?.containers;
    // What is known from before a restart may be of containers that are gone.
    if (network === null || containers === undefined || containers === guarded || !isComplete()) return;
    guarded = containers;
    const { id, device } = network;
    loop.trigger({ device, containers: guardedContainers(containers, id) }, revision);
  };

  return {
    status: loop.status,
    confirm: loop.confirm,
    attach: (found) => {
      network = found;
      guarded = undefined;
      follow();
    },
    run: async (signal) => {
      const unsubscribe = store.subscribe(follow);
      try {
        while (!signal.aborted && !isComplete()) await clock.sleep(WAITING_MS, signal).catch(() => {});
        follow();
        await loop.run(signal);
      } finally {
        unsubscribe();
      }
    },
  };
}

/** Those with processes and an address on the network. */
export function guardedContainers(
  containers: ReadonlyMap<string, Container>,
  networkId: string,
): readonly GuardedContainer[] {
  return [...containers.values()].flatMap(({ id, state, addresses }) => {
    const own = addresses.find((address) => address.networkId === networkId);
    const isActive = state === 'running' || state === 'paused' || state === 'stopping';
    return isActive && own?.ipv4 && own.mac ? [{ id, ipv4: own.ipv4, mac: own.mac }] : [];
  });
}
