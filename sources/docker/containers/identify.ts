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
  /** The answer is false after it, at the latest. */
  readonly limitMs: number;
  /** An address nobody had is not looked for again within this time. */
  readonly unknownMs: number;
  /** Looks under way at most; more are refused. */
  readonly maxLooks: number;
}

/** `DockerSource.identify`. */
export function createIdentify(
  { containers, networks, starting, inspect, clock }: IdentifyDependencies,
  { limitMs, unknownMs, maxLooks }: IdentifyOptions,
): (address: string) => Promise<boolean> {
  const looks = new Map<string, Promise<boolean>>();
  /** Address -> monotonic time of the look that found nobody; oldest first. */
  const strangers = new Map<string, number>();

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

  const isFreshStranger = (address: string): boolean => {
    const at = strangers.get(address);
    return at !== undefined && clock.monotonic() - at < unknownMs;
  };

  const remember = (address: string): void => {
    strangers.delete(address);
    strangers.set(address, clock.monotonic());
    for (const oldest of strangers.keys()) {
      if (strangers.size <= 1024) break;
      strangers.delete(oldest);
    }
  };

  return async (address) => {
    if (containers.ownerOf(address) !== null) return true;
    const running = looks.get(address);
    if (running !== undefined) return running;
    if (isFreshStranger(address) || looks.size >= maxLooks || networks.containing(address).length === 0) return false;
    const answer = limited(address).finally(() => looks.delete(address));
    looks.set(address, answer);
    const found = await answer;
    if (!found) remember(address);
    return found;
  };
}
