import type { Problem } from '../../model/index.ts';

/** The HAProxy of this host. The numbers count since the agent started. */
export interface LbStatus {
  /** `idle`: there is nothing to balance. `starting`: it does not run, or does not reply. */
  readonly state: 'idle' | 'starting' | 'running';
  /** Null: not known yet. */
  readonly version: string | null;
  /** Of those that Drover uses, as `haproxy -vv` names them: `OPENSSL`. */
  readonly features: readonly string[];
  /** Hash of the structure that the running HAProxy has. */
  readonly structure: string | null;
  /** Whether it has the listeners, rules and options of the newest table, apart from what `problems` says is left out. */
  readonly isCurrent: boolean;
  /** Processes that serve connections: 2 while the one before a reload ends. */
  readonly generations: number;
  readonly reloads: number;
  readonly reloadFailures: number;
  /** Milliseconds since the epoch. */
  readonly lastReloadAtMs: number | null;
  /** Servers that were added, removed, drained or weighted without a reload. */
  readonly serverChanges: number;
  readonly problems: readonly Problem[];
}
