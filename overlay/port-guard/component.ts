import { KERNEL_INTERVAL_MS } from '../../linux/index.ts';
import type { Container } from '../../model/index.ts';
import { type Component, keepIdentical } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { DesiredGuard, GuardedContainer } from './desired-guard.ts';
import type { ObservedGuard } from './observed-guard.ts';
import type { GuardChange } from './plan.ts';
import type { PortGuard } from './port-guard.ts';

/** The Docker network whose containers are guarded. */
export interface GuardedNetwork {
  /** Docker's id. */
  readonly id: string;
  /** The bridge device. */
  readonly device: string;
}

export interface PortGuardSources {
  /** Null: not known yet. */
  readonly network: () => GuardedNetwork | null;
  /** Whether Docker has listed this host's containers: those known from before a restart may be gone. */
  readonly isComplete: () => boolean;
}

export type PortGuardComponent = Component<HostView, DesiredGuard | 'off', ObservedGuard, GuardChange>;

/** The port guard, for the containers of this host that are on the managed network. */
export function portGuardComponent(
  { applier }: Pick<PortGuard, 'applier'>,
  sources: PortGuardSources | 'off',
): PortGuardComponent {
  const guard = keepIdentical(
    (containers: ReadonlyMap<string, Container>, { id, device }: GuardedNetwork): DesiredGuard => ({
      device,
      containers: guardedContainers(containers, id),
    }),
  );
  return {
    name: 'port-guard',
    applier,
    intervalMs: KERNEL_INTERVAL_MS,
    desired: ({ snapshot, hostId }) => {
      if (sources === 'off') return 'off';
      const network = sources.network();
      const containers = snapshot.hosts.get(hostId)?.containers;
      return network && containers && sources.isComplete() ? guard(containers, network) : null;
    },
  };
}

/** The containers that have processes and an address on the network. Pure. */
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
