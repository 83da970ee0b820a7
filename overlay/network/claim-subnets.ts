import type { JsonValue, Problem, Result } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';

/** The part of a bus that claims need; `Bus` of bus/ fits. */
export interface ClaimDocuments {
  list(prefix: string): Promise<ReadonlyMap<string, { readonly value: JsonValue; readonly revision: number }>>;
  put(key: string, value: JsonValue, expect?: number): Promise<{ readonly ok: boolean }>;
  delete(key: string, expect?: number): Promise<{ readonly ok: boolean }>;
}

export interface ClaimSettings {
  readonly hostId: string;
  /** Canonical CIDRs, used in this order; more may be added at the end later. Default `['10.42.0.0/16']`. */
  readonly ranges?: readonly string[];
  /** Of each host's subnet. Default 24. */
  readonly prefixLength?: number;
}

export interface Claim {
  /** Canonical CIDR that is this host's. */
  readonly subnet: string;
  readonly used: number;
  readonly capacity: number;
  /** Set from 80 % use on. */
  readonly warning: Problem | null;
}

export interface SubnetClaims {
  /**
   * This host's subnet: the one it has already (validated), else a free one. `inUse` is the subnet the host's network has
   * now, preferred when several are ours. Rejects when the bus cannot be reached. Idempotent, may run concurrently on
   * any number of hosts.
   */
  ensure(inUse?: string | null): Promise<Result<Claim>>;
  /** Gives all of this host's subnets back. Only after its containers are gone. */
  release(): Promise<void>;
}

export function claimSubnets(
  _deps: { documents: ClaimDocuments; clock: Clock; log: Log },
  _settings: ClaimSettings,
): SubnetClaims {
  const unfinished = (): never => {
    throw new Error('claims are not built yet');
  };
  return { ensure: unfinished, release: unfinished };
}
