/** An external service says: `owner` is another name for `target`. */
export interface Alias {
  readonly owner: string;
  readonly target: string;
  /** Its own; null: the server's. */
  readonly ttlSeconds: number | null;
}

/** Where a service is to be had [RFC 2782]; the target is absolute. */
export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** An address of a target, for the additional section; the name is without trailing dot. */
export interface TargetAddress {
  readonly name: string;
  readonly address: string;
}

/**
 * What there is to answer, as data. Names are without trailing dot (owners) or absolute (targets). A `ttlSeconds` of null is
 * the server's own.
 */
export type Resolution =
  | AddressResolution
  /** The alias chain leaves our names: its end is asked upstream; `otherwise` are the service's own addresses. */
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
      /** What they are taken in turns of: clients that take the first one are spread too. */
      readonly turn: string;
      readonly ttlSeconds: number | null;
    }
  /** One record each. */
  | {
      readonly kind: 'texts';
      readonly aliases: readonly Alias[];
      readonly texts: readonly string[];
      readonly ttlSeconds: number | null;
    }
  | { readonly kind: 'soa'; readonly zone: string }
  /** NS of a suffix: who answers for it, absolute, with its addresses. */
  | {
      readonly kind: 'name-server';
      readonly zone: string;
      readonly target: string;
      readonly addresses: readonly string[];
    }
  /** The name exists, this type does not. */
  | { readonly kind: 'nodata'; readonly aliases: readonly Alias[]; readonly zone: string }
  | { readonly kind: 'nxdomain'; readonly aliases: readonly Alias[]; readonly zone: string }
  | { readonly kind: 'forward' }
  /** Not to be answered now: the first complete picture is missing, or aliases go in a circle. */
  | { readonly kind: 'failure' };

/** All addresses of the type asked for, in stable order, each once; never empty. */
export interface AddressResolution {
  readonly kind: 'addresses';
  readonly aliases: readonly Alias[];
  readonly addresses: readonly string[];
  /** What they are taken in turns of. */
  readonly turn: string;
  /** All, beginning with the next one, or the next one alone; in both cases strictly in turns. */
  readonly give: 'all' | 'one';
  /** How often each is the next one, parallel to `addresses`; null: all alike. See `scheduleOf`. */
  readonly weights: readonly number[] | null;
  readonly ttlSeconds: number | null;
}
