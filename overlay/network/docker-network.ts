import type Docker from 'dockerode';
import type { Result } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';

export interface ManagedNetworkSettings {
  /** Name of the Docker network, what compose files name as external. Default `drover`. */
  readonly name?: string;
  /** Canonical CIDR claimed for this host. */
  readonly subnet: string;
  /** Bridge device on the host. Default `drover1`. */
  readonly device?: string;
  /** Docker's name of the IPAM driver; `default` for Docker's own. Default `drover`. */
  readonly ipamDriver?: string;
  readonly mtu?: number;
}

export interface ManagedNetwork {
  readonly id: string;
  readonly name: string;
  readonly device: string;
  readonly subnet: string;
  readonly gateway: string;
}

/**
 * The Docker network that containers on all hosts meet on: makes it if it is not there. One that is not ours, or has
 * another subnet, is a problem and stays as it is. Rejects when Docker cannot be reached. Idempotent.
 */
export function ensureManagedNetwork(
  _deps: { docker: Docker; log: Log },
  _settings: ManagedNetworkSettings,
): Promise<Result<ManagedNetwork>> {
  throw new Error('the managed network is not built yet');
}

/** The subnet of our network on this host (`drover.managed=true`), null if there is none. */
export function findManagedNetwork(_docker: Docker, _name?: string): Promise<ManagedNetwork | null> {
  throw new Error('the managed network is not built yet');
}

/** Removes our network if no container uses it; a problem names those that do. */
export function removeManagedNetwork(_docker: Docker, _name?: string): Promise<Result<null>> {
  throw new Error('the managed network is not built yet');
}
