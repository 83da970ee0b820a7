import type { LbTable, StatRow } from '../../../lb/index.ts';

/** The load balancer of this host, for people. */
export interface LbSources {
  /** What HAProxy should do. */
  readonly table: () => LbTable;
  /** Its live numbers; null: it does not run, or does not reply. */
  readonly stat: () => Promise<readonly StatRow[] | null>;
  /** Its configuration file; null: it has none. */
  readonly config: () => Promise<string | null>;
}

/** HAProxy's configuration without hashes of passwords. */
export function withoutSecrets(config: string): string {
  return config.replaceAll(/^(\s*user\s+\S+\s+(?:insecure-)?password\s+)\S+/gm, '$1***');
}
