/** A container with an address on the guarded bridge. */
export interface GuardedContainer {
  /** Docker's id. */
  readonly id: string;
  readonly ipv4: string;
  readonly mac: string;
}

/** The containers on one bridge of this host and the address of each. */
export interface DesiredGuard {
  /** The bridge device. */
  readonly device: string;
  readonly containers: readonly GuardedContainer[];
}

export interface PortGuardSettings {
  /** Name of our nft table (family bridge). Default `drover_guard`. */
  readonly table: string;
}

export const defaultPortGuardSettings: PortGuardSettings = { table: 'drover_guard' };
