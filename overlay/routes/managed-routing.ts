import type { Applier } from '../../reconcile/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';

/** Another host and what lies behind it. */
export interface Peer {
  readonly hostId: string;
  readonly address: string;
  readonly subnets: readonly string[];
}

/** What traffic between hosts needs on this one. */
export interface DesiredRouting {
  /** All ranges of the environment's managed network. */
  readonly ranges: readonly string[];
  /** This host's part, null before it has one. */
  readonly own: { readonly subnet: string; readonly gateway: string; readonly device: string } | null;
  readonly peers: readonly Peer[];
}

export interface RoutingSettings {
  /** Name of our nft table (family ip). Default `drover_network`. */
  readonly table: string;
  /** Marks our routes: only routes with this protocol number are ever touched. Default 250. */
  readonly protocol: number;
  /** Default true. */
  readonly dockerUserRules: boolean;
}

/** Routes to the other hosts' subnets, masquerade of what leaves the ranges, accept rules between subnets. */
export interface ManagedRouting {
  /** For `createReconciler({clock, log}, {...applier, intervalMs: 3000, deletionLimit})`. */
  readonly applier: Applier<DesiredRouting, unknown, { readonly kind: string }>;
  /** Removes all routes and rules of ours and nothing else. Idempotent. */
  remove(signal?: AbortSignal): Promise<void>;
}

export function createManagedRouting(
  _deps: { run: RunCommand; log: Log },
  _options: Partial<RoutingSettings> = {},
): ManagedRouting {
  throw new Error('routing is not built yet');
}
