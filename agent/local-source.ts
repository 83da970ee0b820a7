import { hostname } from 'node:os';
import type Docker from 'dockerode';
import type { FactMap } from '../bus/index.ts';
import type { Host } from '../model/index.ts';
import { createDockerSource, type DockerSource } from '../sources/index.ts';
import type { StateStore } from '../state/index.ts';
import type { Clock, Log, RunCommand } from '../system/index.ts';
import type { Config } from './config/config.ts';
import { findHostAddress } from './host/host-address.ts';
import type { Part } from './parts.ts';
import { VERSION } from './version.ts';

export interface LocalSourceDependencies {
  readonly docker: Docker;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}

/** What this host says about itself: its Docker Engine, its address. */
export interface LocalSource {
  readonly docker: DockerSource;
  readonly incarnation: number;
  address(): string;
  /** Follows the address of the host: DHCP, or a machine that was moved. */
  readonly addressPart: Part;
}

const ADDRESS_INTERVAL_MS = 10_000;

export async function createLocalSource(
  { docker, store, clock, log, run }: LocalSourceDependencies,
  config: Config,
): Promise<LocalSource> {
  const previous = store.picture().hosts.get(store.hostId);
  const before = previous?.get('host') as Partial<Host> | undefined;
  const fixed = config.host.address === 'auto' ? null : config.host.address;
  let address = fixed ?? (await findHostAddress(run)) ?? before?.address ?? '127.0.0.1';
  // A clock that was set back must not make this agent older than the one before it.
  const incarnation = Math.max(clock.now(), (before?.incarnation ?? 0) + 1);
  const source = createDockerSource({ docker, clock, log }, sourceOptions(store.hostId, address, config, previous));
  source.updateHost({ incarnation, ...(before?.subnets ? { subnets: before.subnets } : {}) });

  return {
    docker: source,
    incarnation,
    address: () => address,
    addressPart: async (signal, report) => {
      while (!signal.aborted && fixed === null) {
        const found = await findHostAddress(run);
        if (found !== null && found !== address) {
          log.info({ before: address, address: found }, 'address of this host changed');
          address = found;
          source.updateHost({ address });
        }
        report.done();
        await clock.sleep(ADDRESS_INTERVAL_MS, signal);
      }
    },
  };
}

function sourceOptions(hostId: string, hostAddress: string, config: Config, initialFacts: FactMap | undefined) {
  return {
    hostId,
    hostName: hostNameOf(config),
    hostAddress,
    hostLabels: config.host.labels,
    agentVersion: VERSION,
    managedNetworkName: config.network.name,
    resyncIntervalMs: config.docker.resyncIntervalMs,
    ourResolver: config.dns.address,
    ...(initialFacts ? { initialFacts } : {}),
  };
}

export function hostNameOf({ host }: Pick<Config, 'host'>): string {
  return host.name ?? hostname();
}
