import type { Log } from '../../system/index.ts';
import type { ConsulApi, Entry } from './api.ts';
import { hostGroup, type Keys } from './keys.ts';
import type { ConsulLease } from './lease.ts';
import { bump } from './publication.ts';

export interface VoucherDependencies {
  readonly api: ConsulApi;
  readonly keys: Keys;
  readonly log: Log;
  readonly hears: (hostId: string) => boolean;
  /** Our own lease, null while we have none. */
  readonly lease: () => ConsulLease | null;
}

/** Holds the notices of hosts that Consul does not hear and we do: on our session they live on. */
export interface Voucher {
  /** Takes a notice without a session if we hear its host. Never rejects. */
  vouch(notice: Entry): Promise<void>;
  /** Lets go of those we do not hear any more. */
  review(notices: Iterable<Entry>): Promise<void>;
}

export function createVoucher({ api, keys, log, hears, lease }: VoucherDependencies): Voucher {
  const vouch = async ({ key, value, modifyIndex }: Entry): Promise<void> => {
    const ours = lease();
    const hostId = keys.hostIdOf(key);
    if (!ours || !hears(hostId)) return;
    const check = { verb: 'check-index', key, index: modifyIndex } as const;
    try {
      const outcome = await api.transact([check, { verb: 'lock', key, value, session: ours.session.id }]);
      if (outcome.ok) log.info({ hostId }, 'a host that Consul does not hear is heard by us: it stays');
    } catch {
      // Consul is away: its contact says so, and the next sweep comes here again.
    }
  };
  const letGo = async ({ key, value, session: holder }: Entry): Promise<void> => {
    const hostId = keys.hostIdOf(key);
    const unlock = { verb: 'unlock', key, value, session: holder ?? '' } as const;
    const outcome = await api.transact([unlock, bump(keys.group(hostGroup(hostId)))]);
    if (outcome.ok) log.info({ hostId }, 'a host that Consul does not hear is not heard by us any more');
  };
  return {
    vouch,
    review: async (notices) => {
      const ours = lease();
      if (!ours) return;
      for (const notice of notices) {
        const hostId = keys.hostIdOf(notice.key);
        if (notice.session === ours.session.id && hostId !== ours.hostId && !hears(hostId)) await letGo(notice);
      }
    },
  };
}
