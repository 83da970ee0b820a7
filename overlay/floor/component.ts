import { KERNEL_INTERVAL_MS, type Step } from '../../linux/index.ts';
import { type Component, keepIdentical } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { DesiredFloor, FloorTunnels } from './desired-floor.ts';
import type { Floor } from './floor.ts';
import type { ObservedFloor } from './plan.ts';

export interface FloorSources {
  /** This host's part of the managed network; null: there is none yet. */
  readonly network: () => DesiredFloor['own'] | null;
  /** All ranges of the environment, canonical CIDRs; the identical list while nothing changed. */
  readonly ranges: () => readonly string[];
  /** Null: not known yet, and what stands is kept. The identical value while nothing changed. */
  readonly tunnels: (view: HostView) => FloorTunnels | null;
}

/** What stands under the tunnels of this host. */
export function floorComponent(
  { applier }: Pick<Floor, 'applier'>,
  { network, ranges, tunnels }: FloorSources,
): Component<HostView, DesiredFloor, ObservedFloor, Step> {
  const floor = keepIdentical(
    (ownRanges: readonly string[], subnet: string, device: string, carriers: FloorTunnels): DesiredFloor => ({
      ...carriers,
      ranges: ownRanges,
      own: { subnet, device },
    }),
  );
  return {
    name: 'overlay-floor',
    applier,
    intervalMs: KERNEL_INTERVAL_MS,
    followed: true,
    desired: (view) => {
      const own = network();
      const carriers = tunnels(view);
      return own && carriers && floor(ranges(), own.subnet, own.device, carriers);
    },
  };
}
