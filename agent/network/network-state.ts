import type { SetHostFields } from '../../facts/index.ts';
import type { DockerNetwork } from '../../overlay/index.ts';
import type { Config } from '../config/config.ts';
import { networkRanges } from './overlay-settings.ts';

/** The state of the managed network on this host. */
export interface NetworkState {
  /** The Docker network of this host; null: not found yet. */
  readonly current: () => DockerNetwork | null;
  /** All ranges of the environment; the identical list while nothing changed. */
  readonly ranges: () => readonly string[];
  found(network: DockerNetwork): void;
  agreed(ranges: readonly string[]): void;
}

/** `announce` tells the other hosts the subnet of this host. `onChange` is called after each change. */
export function createNetworkState(
  config: Config['network'],
  { announce, onChange }: { readonly announce: SetHostFields<'subnets'>; readonly onChange: () => void },
): NetworkState {
  let { ranges } = networkRanges(config);
  let current: DockerNetwork | null = null;
  return {
    current: () => current,
    ranges: () => ranges,
    found: (found) => {
      if (current?.id === found.id && current.subnet === found.subnet) return;
      current = found;
      announce({ subnets: [found.subnet] });
      onChange();
    },
    agreed: (agreed) => {
      if (agreed.join() === ranges.join()) return;
      ranges = agreed;
      onChange();
    },
  };
}
