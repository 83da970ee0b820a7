import type Docker from 'dockerode';
import type { Bus } from '../../bus/index.ts';
import {
  agreeOnRanges,
  claimSubnets,
  ensureManagedNetwork,
  findManagedNetwork,
  findRangeConflicts,
  type ManagedNetwork,
  type PortGuard,
} from '../../overlay/index.ts';
import type { Config } from '../config/config.ts';
import { readHostResolvers } from '../host/host-resolvers.ts';
import type { LocalSource } from '../host/local-source.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part, PartReport } from '../parts/part.ts';
import { addressManagementPart } from './address-management.ts';
import { networkRanges } from './overlay-settings.ts';

/** The state of the managed network on this host. */
export interface NetworkState {
  /** The Docker network of this host; null: not found yet. */
  readonly current: () => ManagedNetwork | null;
  /** All ranges of the environment; the identical list while nothing changed. */
  readonly ranges: () => readonly string[];
  found(network: ManagedNetwork): void;
  agreed(ranges: readonly string[]): void;
}

/** `onChange` is called after each change. */
export function createNetworkState(config: Config['network'], onChange: () => void): NetworkState {
  let { ranges } = networkRanges(config);
  let current: ManagedNetwork | null = null;
  return {
    current: () => current,
    ranges: () => ranges,
    found: (found) => {
      if (current?.id === found.id && current.subnet === found.subnet) return;
      current = found;
      onChange();
    },
    agreed: (agreed) => {
      if (agreed.join() === ranges.join()) return;
      ranges = agreed;
      onChange();
    },
  };
}

export interface NetworkContext {
  readonly docker: Docker;
  readonly bus: Bus;
  readonly hostId: string;
  readonly local: Pick<LocalSource, 'docker' | 'hostFields'>;
  readonly network: NetworkState;
  readonly guard: Pick<PortGuard, 'vacate'>;
}

/** The parts of the managed network; none if it is disabled. */
export function networkParts(
  deps: AgentDependencies,
  config: Config,
  context: NetworkContext,
): Readonly<Record<string, Part>> {
  if (!config.network.enabled) return {};
  const { docker, guard } = context;
  const vacating = config.network.guard ? { vacate: guard.vacate } : {};
  return {
    'address management': addressManagementPart({ ...deps, docker, ...vacating }, config),
    'managed network': managedNetworkPart(deps, config.network, context),
  };
}

const INTERVAL_MS = 30_000;
/** Before the network exists. */
const WAITING_MS = 300;

/** Claims a subnet for this host and makes the Docker network that containers of all hosts meet on. */
function managedNetworkPart(
  deps: AgentDependencies,
  config: Config['network'],
  { docker, bus, hostId, local, network }: NetworkContext,
): Part {
  const { name, device, mtu } = config;
  const announce = local.hostFields('subnets');

  const take = (found: ManagedNetwork): void => {
    if (network.current()?.subnet !== found.subnet) announce({ subnets: [found.subnet] });
    network.found(found);
  };

  const settle = async (report: PartReport): Promise<void> => {
    const existing = await findManagedNetwork(docker, name);
    if (existing) take(existing);
    const agreed = await agreeOnRanges(bus, networkRanges(config));
    network.agreed(agreed.ranges);
    const ranges = network.ranges();
    const resolvers = await readHostResolvers([]);
    const conflicts = await findRangeConflicts(deps, { ranges, device: existing?.device ?? device, resolvers });
    // A network that exists stays in use. A new network is not created in a range that something else uses (Q37).
    if (existing === null && conflicts.length > 0) return report.problems(conflicts);
    const claim = await claimSubnets({ ...deps, documents: bus }, { hostId, ...agreed }).ensure(existing?.subnet);
    if (!claim.ok) return report.problems([claim.problem]);
    const { subnet, warning } = claim.value;
    const made = await ensureManagedNetwork(
      { ...deps, docker },
      { name, subnet, device, ...(mtu === null ? {} : { mtu }) },
    );
    if (!made.ok) return report.problems([made.problem]);
    take(made.value);
    report.done();
    report.problems([...conflicts, ...[agreed.problem, warning].filter((problem) => problem !== null)]);
  };

  return async (signal, report) => {
    while (!signal.aborted) {
      if (local.docker.status().connected) await settle(report);
      await deps.clock.sleep(network.current() === null ? WAITING_MS : INTERVAL_MS, signal).catch(() => {});
    }
  };
}
