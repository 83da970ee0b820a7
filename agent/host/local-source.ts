import { hostname } from 'node:os';
import type Docker from 'dockerode';
import {
  createHostFact,
  createHostFacts,
  type FactMap,
  type HostFact,
  type HostFacts,
  type SetHostFields,
} from '../../facts/index.ts';
import type { Host } from '../../model/index.ts';
import { createDockerSource, type DockerSource } from '../../sources/index.ts';
import type { StateStore } from '../../state/index.ts';
import type { Clock, Log, RunCommand } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import { VERSION } from '../config/version.ts';
import type { Part } from '../parts/part.ts';
import { findHostAddress } from './host-address.ts';

export interface LocalSourceDependencies {
  readonly docker: Docker;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
  /** Called when the connection to Docker is established or lost. */
  readonly onConnection: () => void;
}

/** The facts of this host from all owners, its Docker Engine, and its address. */
export interface LocalSource {
  /** Each owner takes its part: `facts.part(['status/'])`. */
  readonly facts: HostFacts;
  readonly docker: DockerSource;
  /** Fields of the fact `host` for another owner: `hostFields('subnets')`. */
  readonly hostFields: HostFact['fields'];
  readonly incarnation: number;
  address(): string;
  /** Follows changes of the host's address, by DHCP or because the machine was moved. */
  readonly addressPart: Part;
}

const ADDRESS_INTERVAL_MS = 10_000;

export async function createLocalSource(
  { docker, store, clock, log, run, onConnection }: LocalSourceDependencies,
  config: Config,
): Promise<LocalSource> {
  const previous: FactMap = store.picture().hosts.get(store.hostId) ?? new Map();
  const before = store.allHosts().get(store.hostId)?.host ?? null;
  const address = await addressNow(run, config, before);
  // After the clock was set back, this agent must still be newer than the one before it.
  const incarnation = Math.max(clock.now(), (before?.incarnation ?? 0) + 1);
  const facts = createHostFacts({ log });
  const host = createHostFact(
    facts.part(['host']),
    initialHost(store.hostId, config, { before, address, incarnation }),
  );
  const setAddress = host.fields('address', 'incarnation', 'labels', 'name', 'agentVersion', 'id');
  const source = createDockerSource(
    {
      docker,
      clock,
      log,
      facts: facts.part(['container/', 'network/'], previous),
      setHost: host.fields('hostname', 'milliCpu', 'memoryBytes'),
      onConnection,
    },
    {
      hostId: store.hostId,
      managedNetworkName: config.network.name,
      resyncIntervalMs: config.docker.resyncIntervalMs,
      ourResolver: config.dns.address,
    },
  );
  return {
    facts,
    docker: source,
    hostFields: host.fields,
    incarnation,
    address: () => host.value().address,
    addressPart: addressPart({ clock, log, run, host, setAddress }, config.host.address !== 'auto'),
  };
}

/** The configured address, else the one that is found now, else the last known one. */
export async function addressNow(run: RunCommand, { host }: Config, before: Host | null): Promise<string> {
  const fixed = host.address === 'auto' ? null : host.address;
  return fixed ?? (await findHostAddress(run)) ?? before?.address ?? '127.0.0.1';
}

interface Known {
  readonly before: Host | null;
  readonly address: string;
  readonly incarnation: number;
}

/** The fact `host`, before its owners report their fields. */
export function initialHost(id: string, config: Config, { before, address, incarnation }: Known): Host {
  const name = hostNameOf(config);
  return {
    id,
    name,
    hostname: before?.hostname ?? name,
    address,
    labels: config.host.labels,
    milliCpu: before?.milliCpu ?? null,
    memoryBytes: before?.memoryBytes ?? null,
    localStorageMb: null,
    agentVersion: VERSION,
    subnets: before?.subnets ?? [],
    routedBridges: config.network.routedBridges,
    incarnation,
  };
}

interface AddressDependencies extends Pick<LocalSourceDependencies, 'clock' | 'log' | 'run'> {
  readonly host: HostFact;
  readonly setAddress: SetHostFields<'address'>;
}

function addressPart({ clock, log, run, host, setAddress }: AddressDependencies, isFixed: boolean): Part {
  return async (signal, report) => {
    while (!signal.aborted && !isFixed) {
      const found = await findHostAddress(run);
      const before = host.value().address;
      if (found !== null && found !== before) {
        log.info({ before, address: found }, 'address of this host changed');
        setAddress({ address: found });
      }
      report.done();
      await clock.sleep(ADDRESS_INTERVAL_MS, signal);
    }
  };
}

export function hostNameOf({ host }: Pick<Config, 'host'>): string {
  return host.name ?? hostname();
}
