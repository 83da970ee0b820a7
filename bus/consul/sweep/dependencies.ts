import type { Clock, Log } from '../../../system/index.ts';
import type { Keys } from '../layout/keys.ts';
import type { ConsulLease } from '../lease/lease.ts';
import type { Replica } from '../read/replica.ts';
import type { ConsulApi } from '../wire/api.ts';
import type { SessionTakeover } from './session-takeover.ts';

export interface SweepDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly log: Log;
  readonly takeover: SessionTakeover;
  /** The lease of our own host, null while there is none. */
  readonly lease: () => ConsulLease | null;
}
