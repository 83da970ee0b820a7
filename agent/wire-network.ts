import type Docker from 'dockerode';
import type { Bus } from '../bus/index.ts';
import { agreeOnRanges, claimSubnets, createManagedRouting, type ManagedRouting } from '../overlay/index.ts';
import { createReconciler, createWakeUp, type WakeUp } from '../reconcile/index.ts';
import { addressManagementPart } from './address-management.ts';
import type { Config } from './config.ts';
import type { Core } from './core.ts';
import type { AgentDependencies } from './dependencies.ts';
import type { LocalSource } from './local-source.ts';
import { managedNetworkPart } from './managed-network.ts';
import type { Parts } from './parts.ts';
import { createResolvers, type Resolvers } from './resolvers.ts';

export interface NetworkContext {
  readonly docker: Docker;
  readonly bus: Bus;
  readonly core: Core;
  readonly local: LocalSource;
  readonly parts: Parts;
  /** Woken when a container of this host changed. */
  readonly changed: WakeUp;
}

export interface WiredNetwork {
  readonly resolvers: Resolvers;
  readonly routing: ManagedRouting;
}

const REPAIR_INTERVAL_MS = 3_000;

/** What containers need beside the servers: our resolver, and a network that reaches all hosts. */
export function wireNetwork(deps: AgentDependencies, config: Config, context: NetworkContext): WiredNetwork {
  const { docker, core, local, parts, changed } = context;
  const resolvers = createResolvers(
    { docker, source: local.docker, view: core.view, wakeUp: changed, log: deps.log },
    { resolver: config.dns.address },
  );
  parts.start('resolv.conf', resolvers.part);
  const routing = createManagedRouting(deps);
  if (config.network.enabled) startManagedNetwork(deps, config, context, routing);
  return { resolvers, routing };
}

function startManagedNetwork(
  deps: AgentDependencies,
  config: Config,
  { docker, bus, core, local, parts }: NetworkContext,
  { applier, deletionLimit }: ManagedRouting,
): void {
  const routing = createReconciler(deps, { ...applier, deletionLimit, intervalMs: REPAIR_INTERVAL_MS });
  const network = managedNetworkPart(
    {
      docker,
      routing,
      isUp: () => local.docker.status().connected,
      agree: (ranges) => agreeOnRanges(bus, ranges),
      claimsIn: ({ ranges, prefixLength }) =>
        claimSubnets({ ...deps, documents: bus }, { hostId: core.hostId, ranges, prefixLength }),
      store: core.store,
      wakeUp: createWakeUp(deps.clock),
      announce: (subnets) => local.docker.updateHost({ subnets }),
      log: deps.log,
      run: deps.run,
    },
    config.network,
  );
  parts.start('address management', addressManagementPart({ ...deps, docker }, config));
  parts.start('managed network', network);
  parts.startReconciler(routing);
}
