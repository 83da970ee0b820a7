import type Docker from 'dockerode';
import {
  type DesiredRouting,
  ensureManagedNetwork,
  findManagedNetwork,
  type ManagedNetwork,
  type SubnetClaims,
} from '../overlay/index.ts';
import type { Reconciler, WakeUp } from '../reconcile/index.ts';
import type { StateStore } from '../state/index.ts';
import type { Log, RunCommand } from '../system/index.ts';
import type { Config } from './config.ts';
import type { Part, PartReport } from './parts.ts';
import { peersOf } from './peers.ts';

export interface ManagedNetworkDependencies {
  readonly docker: Docker;
  readonly run: RunCommand;
  /** Whether Docker answers. */
  readonly isUp: () => boolean;
  readonly claims: SubnetClaims;
  readonly routing: Reconciler<DesiredRouting>;
  readonly store: Pick<StateStore, 'picture' | 'current' | 'subscribe' | 'hostId'>;
  /** Woken when Docker or the bus came back. */
  readonly wakeUp: WakeUp;
  /** Tells the other hosts which subnet is here. */
  readonly announce: (subnets: readonly string[]) => void;
  readonly log: Log;
}

const INTERVAL_MS = 30_000;
/** Until there is a network for the first time. */
const WAITING_MS = 300;

/** This host's part of the managed network: claims a subnet, makes the Docker network, routes to the other hosts' subnets. */
export function managedNetworkPart(deps: ManagedNetworkDependencies, network: Config['network']): Part {
  const ranges = [network.range, ...network.ranges];
  let own: ManagedNetwork | null = null;
  let routed = '';

  const route = (): void => {
    if (own === null) return;
    const { picture, current, hostId } = deps.store;
    const living = peersOf(picture(), hostId).filter(
      ({ id, subnets }) => subnets.length > 0 && current().hosts.has(id),
    );
    const peers = living.map(({ id, address, subnets }) => ({ hostId: id, address, subnets }));
    const { subnet, gateway, device } = own;
    const desired: DesiredRouting = { ranges, own: { subnet, gateway, device }, peers };
    const text = JSON.stringify(desired);
    if (text === routed) return;
    routed = text;
    deps.routing.trigger(desired, current().revision);
  };

  const settle = async (report: PartReport): Promise<void> => {
    const existing = await findManagedNetwork(deps.docker, network.name);
    if (existing) take(existing);
    const claim = await deps.claims.ensure(existing?.subnet ?? null);
    if (!claim.ok) return report.problems([claim.problem]);
    const { subnet, warning } = claim.value;
    const { name, device, mtu } = network;
    const made = await ensureManagedNetwork(deps, { name, subnet, device, ...(mtu === null ? {} : { mtu }) });
    if (!made.ok) return report.problems([made.problem]);
    take(made.value);
    report.done();
    if (warning) report.problems([warning]);
  };

  const take = (found: ManagedNetwork): void => {
    if (own?.subnet !== found.subnet) deps.announce([found.subnet]);
    own = found;
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
