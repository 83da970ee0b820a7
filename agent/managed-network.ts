import type Docker from 'dockerode';
import type { Host } from '../model/index.ts';
import {
  type AgreedRanges,
  type DesiredRouting,
  ensureManagedNetwork,
  findManagedNetwork,
  findRangeConflicts,
  type ManagedNetwork,
  type NetworkRanges,
  type RangeCheck,
  type SubnetClaims,
} from '../overlay/index.ts';
import type { Reconciler } from '../reconcile/index.ts';
import type { StateStore } from '../state/index.ts';
import type { Log, RunCommand, WakeUp } from '../system/index.ts';
import type { Config } from './config/config.ts';
import { readHostResolvers } from './host/host-resolvers.ts';
import { networkRanges } from './part-settings.ts';
import type { Part, PartReport } from './parts.ts';

export interface ManagedNetworkDependencies {
  readonly docker: Docker;
  readonly run: RunCommand;
  /** Whether Docker answers. */
  readonly isUp: () => boolean;
  /** The environment's ranges, in view of what this host's configuration says. */
  readonly agree: (own: NetworkRanges) => Promise<AgreedRanges>;
  readonly claimsIn: (ranges: NetworkRanges) => SubnetClaims;
  readonly routing: Reconciler<DesiredRouting>;
  readonly store: Pick<StateStore, 'current' | 'subscribe' | 'hostId'>;
  /** Woken when Docker or the bus came back. */
  readonly wakeUp: WakeUp;
  /** Tells the other hosts which subnet is here. */
  readonly announce: (subnets: readonly string[]) => void;
  /** Told of the Docker network once it is there, and when another one took its place. */
  readonly attach: (network: ManagedNetwork) => void;
  readonly log: Log;
}

const INTERVAL_MS = 30_000;
/** Until there is a network for the first time. */
const WAITING_MS = 300;

async function rangeCheck(ranges: readonly string[], device: string): Promise<RangeCheck> {
  return { ranges, device, resolvers: await readHostResolvers([]) };
}

/** This host's part of the managed network: claims a subnet, makes the Docker network, routes to the other hosts' subnets. */
export function managedNetworkPart(deps: ManagedNetworkDependencies, network: Config['network']): Part {
  let { ranges } = networkRanges(network);
  let own: ManagedNetwork | null = null;
  let routed: readonly (Host | null)[] = [];
  let routedFor: ManagedNetwork | null = null;

  const route = (): void => {
    if (own === null) return;
    const { current, hostId } = deps.store;
    const { hosts, revision } = current();
    const known = [...hosts.values()].map(({ host }) => host);
    // Most changes are of containers, and leave every host's own fact as it was.
    if (own === routedFor && known.length === routed.length && known.every((host, index) => host === routed[index]))
      return;
    routed = known;
    routedFor = own;
    const others = known.filter((host) => host !== null && host.id !== hostId && host.subnets.length > 0) as Host[];
    const peers = others.map(({ id, address, subnets }) => ({ hostId: id, address, subnets }));
    const { subnet, gateway, device } = own;
    deps.routing.trigger({ ranges, own: { subnet, gateway, device }, peers }, revision);
  };

  const settle = async (report: PartReport): Promise<void> => {
    const existing = await findManagedNetwork(deps.docker, network.name);
    if (existing) take(existing);
    const agreed = await deps.agree(networkRanges(network));
    follow(agreed);
    const conflicts = await findRangeConflicts(deps, await rangeCheck(ranges, existing?.device ?? network.device));
    // What runs goes on; what is not there yet is not put where something else is (Q37).
    if (existing === null && conflicts.length > 0) return report.problems(conflicts);
    const claim = await deps.claimsIn(agreed).ensure(existing?.subnet ?? null);
    if (!claim.ok) return report.problems([claim.problem]);
    const { subnet, warning } = claim.value;
    const { name, device, mtu } = network;
    const made = await ensureManagedNetwork(deps, { name, subnet, device, ...(mtu === null ? {} : { mtu }) });
    if (!made.ok) return report.problems([made.problem]);
    take(made.value);
    report.done();
    report.problems([...conflicts, ...[agreed.problem, warning].filter((problem) => problem !== null)]);
  };

  const follow = (agreed: NetworkRanges): void => {
    if (agreed.ranges.join() === ranges.join()) return;
    ranges = agreed.ranges;
    routedFor = null;
    route();
  };

  const take = (found: ManagedNetwork): void => {
    if (own?.subnet !== found.subnet) deps.announce([found.subnet]);
    if (own?.id !== found.id || own.subnet !== found.subnet) {
      own = found;
      deps.attach(found);
    }
    route();
  };

  return async (signal, report) => {
    const unsubscribe = deps.store.subscribe(route);
    try {
      while (!signal.aborted) {
        if (deps.isUp()) await settle(report);
        await deps.wakeUp.wait(own === null ? WAITING_MS : INTERVAL_MS, signal);
      }
    } finally {
      unsubscribe();
    }
  };
}
