import { join } from 'node:path';
import { listDockerAddresses } from '../../overlay/index.ts';
import { openLeaseStore } from '../../overlay/ipam/lease-store.ts';
import type { Daemon } from './daemon.ts';
import { type Engine, startEngine } from './engine.ts';
import { startIpam } from './ipam.ts';
import type { Resources } from './resources.ts';
import { createTestHost, type TestHost } from './test-host.ts';
import { testLog } from './test-log.ts';

/** A Docker Engine with a network `drover` whose addresses come from the IPAM driver, a separate process. */
export interface IpamHost {
  readonly host: TestHost;
  readonly engine: Engine;
  /** The current driver process. */
  ipam(): Daemon;
  /** SIGKILL (or a clean end), then a new process on the same file. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Addresses that Docker holds, sorted. */
  held(): Promise<string[]>;
  /** Addresses that were assigned at least once, sorted; restarts the driver, which locks its file. */
  records(): Promise<{ readonly leased: string[]; readonly freed: string[] }>;
  addressOf(container: string): Promise<string>;
}

export const POOL = '10.42.7.0/24';
export const GATEWAY = '10.42.7.1';

export async function createIpamHost(resources: Resources, name: string): Promise<IpamHost> {
  // Orphaned leases are released soon; the rest period of addresses is unchanged.
  const settings = { settleMs: 1000, orphanMs: 1000, reclaimIntervalMs: 500 };
  const host = await createTestHost(resources, name);
  const engine = await startEngine(resources, host);
  await engine.buildBusybox();
  let ipam = await startIpam(host, engine, settings);
  const IPAM = { Driver: 'drover', Config: [{ Subnet: POOL, Gateway: GATEWAY }] };
  await engine.docker.createNetwork({ Name: 'drover', Driver: 'bridge', IPAM });

  const restart = async (signal: NodeJS.Signals = 'SIGTERM', between = () => {}): Promise<void> => {
    ipam.signal(signal);
    await ipam.exit;
    between();
    ipam = await startIpam(host, engine, settings);
  };
  return {
    host,
    engine,
    ipam: () => ipam,
    restart,
    held: async () => [...((await listDockerAddresses(engine.docker)(POOL)) ?? [])].toSorted(),
    records: async () => {
      const found = { leased: [] as string[], freed: [] as string[] };
      await restart('SIGTERM', () => {
        const store = openLeaseStore(join(host.dir, 'ipam.db'), { log: testLog('ipam'), nowMs: Date.now() });
        for (const { leased, address } of store.records(POOL))
          found[leased ? 'leased' : 'freed'].push(`10.42.7.${address % 256}`);
        store.close();
      });
      return { leased: found.leased.toSorted(), freed: found.freed.toSorted() };
    },
    addressOf: async (container) => {
      const { NetworkSettings } = await engine.docker.getContainer(container).inspect();
      return NetworkSettings.Networks.drover?.IPAddress ?? '';
    },
  };
}
