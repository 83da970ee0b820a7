import { createMemoryStore } from '../../bus/index.ts';
import { systemClock } from '../../system/index.ts';
import { busContract } from './bus.ts';

busContract('memory', {
  capabilities: { hosts: 'many', faults: ['expireLease', 'expireLock'] },
  timing: { settleMs: 5_000, leaseExpiryMs: 5_000 },
  create: async (resources) => {
    const store = createMemoryStore({ clock: systemClock }, { leaseTtlMs: 300 });
    resources.add('the memory store', () => store.close());
    return {
      connect: async (environment) => store.connect({ environment }),
      expireLease: async (environment, hostId) => store.expireLease(environment, hostId),
      expireLock: async (environment, name) => store.expireLock(environment, name),
    };
  },
});
