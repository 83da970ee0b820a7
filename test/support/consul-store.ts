import { type Bus, createConsulBus } from '../../bus/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import type { BusDriver } from '../contract/bus.ts';
import { type ConsulCluster, startConsulCluster } from './consul.ts';
import type { Resources } from './resources.ts';

const log = createLog('test', { level: 'silent', format: 'json' });

/** The Consul driver for the contract suite, on a real cluster of three servers. Each store is a namespace of its own. */
export function consulDriver(shared: Resources): BusDriver {
  let started: Promise<ConsulCluster> | null = null;
  let stores = 0;
  return {
    capabilities: { hosts: 'many', faults: ['expireLease', 'expireLock'] },
    timing: { settleMs: 15_000, leaseExpiryMs: 60_000 },
    create: async () => {
      started ??= startConsulCluster(shared);
      const cluster = await started;
      stores += 1;
      const namespace = `contract-${stores}`;
      return {
        connect: async (environment): Promise<Bus> =>
          createConsulBus({ clock: systemClock, log }, { address: [...cluster.urls], namespace, environment }),
        expireLease: async (environment, hostId) => {
          const records = await cluster.request('GET', `/v1/kv/${namespace}/${environment}/n/?keys`);
          const record = (JSON.parse(records) as readonly string[]).find((key) => key.endsWith(`/${hostId}`));
          await endSessionOf(cluster, record ?? '');
        },
        expireLock: (environment, name) => endSessionOf(cluster, `${namespace}/${environment}/l/${name}`),
      };
    },
  };
}

/** Ends the session that holds a key, as Consul does after its TTL. */
async function endSessionOf(cluster: ConsulCluster, key: string): Promise<void> {
  const [entry] = JSON.parse(await cluster.request('GET', `/v1/kv/${key}`)) as { Session: string }[];
  await cluster.request('PUT', `/v1/session/destroy/${entry?.Session}`);
}
