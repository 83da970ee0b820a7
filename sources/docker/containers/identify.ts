import type { Clock } from '../../../system/index.ts';
import type { ContainerStore } from './container-store.ts';
import type { Inspector } from './inspector.ts';
import type { NetworkStore } from './network-store.ts';
import type { StartingAddresses } from './starting-addresses.ts';

export interface IdentifyDependencies {
  readonly containers: ContainerStore;
  readonly networks: NetworkStore;
  readonly starting: StartingAddresses;
  readonly inspect: Inspector;
  readonly clock: Clock;
}

export interface IdentifyOptions {
  /** After this time the answer is false. */
  readonly limitMs: number;
  /** An address that no container had is not looked up again within this time. */
  readonly unknownMs: number;
  /** Most lookups in progress; further ones are refused. */
  readonly maxLooks: number;
}

/** Implements `DockerSource.identify`. */
export function createIdentify(
  { containers, networks, starting, inspect, clock }: IdentifyDependencies,
  { limitMs, unknownMs, maxLooks }: IdentifyOptions,
): (address: string) => Promise<boolean> {
  const looks = new Map<string, Promise<boolean>>();
  /** Address -> monotonic time of the lookup that found no container; oldest first. */
  const unknown = new Map<string, number>();

  const look = async (address: string): Promise<boolean> => {
    for (const { id } of networks.containing(address)) {
      const network = await starting.look(id);
      const member = Object.entries(network?.Containers ?? {}).find(([, { IPv4Address, IPv6Address }]) =>
        [IPv4Address, IPv6Address].some((cidr) => cidr?.split('/')[0] === address),
      );
      if (member && (await starting.adopt(member[0], id))) {
        void inspect(member[0]);
        return containers.ownerOf(address) !== null;
      }
    }
    return false;
  };

  const limited = async (address: string): Promise<boolean> => {
    const done = new AbortController();
    const limit = clock.sleep(limitMs, done.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([look(address).catch(() => false), limit]);
    } finally {
      done.abort();
    }
  };

  const isFreshlyUnknown = (address: string): boolean => {
    const at = unknown.get(address);
    return at !== undefined && clock.monotonic() - at < unknownMs;
  };

  const remember = (address: string): void => {
    unknown.delete(address);
    unknown.set(address, clock.monotonic());
    for (const oldest of unknown.keys()) {
      if (unknown.size <= 1024) break;
      unknown.delete(oldest);
    }
  };

  return async (address) => {
    if (containers.ownerOf(address) !== null) return true;
    const running = looks.get(address);
    if (running !== undefined) return running;
    if (isFreshlyUnknown(address) || looks.size >= maxLooks || networks.containing(address).length === 0) return false;
    const answer = limited(address).finally(() => looks.delete(address));
    looks.set(address, answer);
    const found = await answer;
    if (!found) remember(address);
    return found;
  };
}
