/** `owner` is an alias for `target`. */
export interface Alias {
  readonly owner: string;
  readonly target: string;
  /** Null: the server's default. */
  readonly ttlSeconds: number | null;
}

/** An SRV record [RFC 2782]; the target is absolute. */
export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** An address of an SRV target, for the additional section; the name has no trailing dot. */
export interface TargetAddress {
  readonly name: string;
  readonly address: string;
}

/**
 * The answer to a question, as data. Owners have no trailing dot, targets are absolute. A `ttlSeconds` of null means the server's
 * default.
 */
export type Resolution =
  | AddressResolution
  /** The alias chain ends in an external name, which is forwarded; `otherwise` are the service's own addresses. */
  | {
      readonly kind: 'upstream-alias';
      readonly aliases: readonly Alias[];
      readonly target: string;
      readonly otherwise: readonly string[];
      readonly ttlSeconds: number | null;
    }
  | { readonly kind: 'alias'; readonly alias: Alias; readonly ttlSeconds: number | null }
  | { readonly kind: 'pointer'; readonly target: string; readonly ttlSeconds?: number | null }
  /** SRV, in stable order, with the addresses of their targets. */
  | {
      readonly kind: 'services';
      readonly aliases: readonly Alias[];
      readonly services: readonly ServiceRecord[];
      readonly additional: readonly TargetAddress[];
      /** Key of the rotation, so that clients that use the first record are distributed too. */
      readonly turn: string;
      readonly ttlSeconds: number | null;
    }
  /** One record for each text. */
  | {
      readonly kind: 'texts';
      readonly aliases: readonly Alias[];
      readonly texts: readonly string[];
      readonly ttlSeconds: number | null;
    }
  | { readonly kind: 'soa'; readonly zone: string }
  /** NS of a suffix: the name server, absolute, with its addresses. */
  | {
      readonly kind: 'name-server';
      readonly zone: string;
      readonly target: string;
      readonly addresses: readonly string[];
    }
  /** The name exists without records of this type. */
  | { readonly kind: 'nodata'; readonly aliases: readonly Alias[]; readonly zone: string }
  | { readonly kind: 'nxdomain'; readonly aliases: readonly Alias[]; readonly zone: string }
  | { readonly kind: 'forward' }
  /** Cannot be answered: the first complete snapshot is missing, or aliases form a loop. */
  | { readonly kind: 'failure' };

/** All addresses of the requested type, in stable order, without duplicates; never empty. */
export interface AddressResolution {
  readonly kind: 'addresses';
  readonly aliases: readonly Alias[];
  readonly addresses: readonly string[];
  /** Key of the rotation. */
  readonly turn: string;
  /** All addresses, rotated, or one address; strictly in turn in both cases. */
  readonly give: 'all' | 'one';
  /** How often each address comes first, parallel to `addresses`; null: equally often. See `scheduleOf`. */
  readonly weights: readonly number[] | null;
  readonly ttlSeconds: number | null;
}
