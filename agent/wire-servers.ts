import { createServiceAddress, type ServiceAddress } from '../overlay/index.ts';
import { createReconciler } from '../reconcile/index.ts';
import type { FeedServer } from '../state/index.ts';
import { createServers, watchNamespace } from './children/servers.ts';
import type { Supervisor } from './children/supervisor.ts';
import type { AgentDependencies, AgentSettings } from './dependencies.ts';
import { serviceAddressSettings } from './part-settings.ts';
import type { Parts } from './parts.ts';

export interface WiredServers {
  readonly serviceAddress: ServiceAddress;
  readonly supervisor: Supervisor;
}

const REPAIR_INTERVAL_MS = 3_000;

/** The service address and the servers behind it. They need nobody: what they answer from is on disk. */
export function wireServers(
  deps: AgentDependencies,
  { config, program }: Pick<AgentSettings, 'config' | 'program'>,
  { parts, feed }: { readonly parts: Parts; readonly feed: FeedServer },
): WiredServers {
  const serviceAddress = createServiceAddress(deps, serviceAddressSettings(config));
  const supervisor = createServers({ ...deps, serviceAddress, peers: feed.peers }, { config, program });
  const repair = createReconciler(deps, {
    name: 'service-address',
    ...serviceAddress.applier,
    intervalMs: REPAIR_INTERVAL_MS,
  });
  repair.trigger(null, 0);
  parts.startReconciler(repair);
  if (config.supervise) {
    parts.start('servers', async (signal, report) => {
      while (repair.status().lastAppliedAtMs === null) await deps.clock.sleep(20, signal);
      report.done();
      await Promise.all([supervisor.run(signal), watchNamespace(deps, supervisor, config.dns.namespace, signal)]);
    });
  }
  return { serviceAddress, supervisor };
}
