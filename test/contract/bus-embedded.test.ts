import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '../../bus/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { busContract } from './bus.ts';

const log = createLog('test', { level: 'silent', format: 'json' });

busContract('embedded', {
  capabilities: { hosts: 1, faults: [] },
  timing: { settleMs: 5_000, leaseExpiryMs: 5_000 },
  create: async (resources) => {
    const dir = await mkdtemp(join(tmpdir(), 'drover-bus-'));
    resources.add(dir, () => rm(dir, { recursive: true }));
    const path = join(dir, 'bus.db');
    return {
      connect: async (environment) => createEmbeddedBus({ clock: systemClock, log }, { path, environment }),
    };
  },
});
