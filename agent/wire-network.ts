import type Docker from 'dockerode';
import type { Bus } from '../bus/index.ts';
import {
  agreeOnRanges,
  claimSubnets,
  createManagedRouting,
  createPortGuard,
  type ManagedRouting,
  type PortGuard,
} from '../overlay/index.ts';
import { createReconciler } from '../reconcile/index.ts';
import { createWakeUp, type WakeUp } from '../system/index.ts';
import { addressManagementPart } from './address-management.ts';
import type { Config } from './config/config.ts';
import { portBindingsFile } from './config/paths.ts';
import type { Core } from './core.ts';
import type { AgentDependencies } from './dependencies.ts';
import { createGuardLoop, type GuardLoop } from './guarded-containers.ts';
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
  readonly guard: PortGuard;
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
  const guard = createPortGuard({ ...deps, processId: local.docker.processId, bindingsFile: portBindingsFile(config) });
  const guarding = startPortGuard(deps, config, context, guard);
  if (config.network.enabled) startManagedNetwork(deps, config, context, { routing, guard, guarding });
  return { resolvers, routing, guard };
}

/** Null when the guard is switched off: the reconciler then removes the table of an earlier run. */
function startPortGuard(
  deps: AgentDependencies,
  { network }: Config,
  { core, local, parts }: NetworkContext,
  guard: PortGuard,
): GuardLoop | null {
  const loop = createReconciler(deps, { name: 'port-guard', ...guard.applier, intervalMs: REPAIR_INTERVAL_MS });
  if (!network.enabled || !network.guard) {
    loop.trigger('off', 0);
    parts.startReconciler(loop);
    return null;
  }
  const guarding = createGuardLoop({ ...deps, loop, store: core.store, source: local.docker });
  parts.startReconciler(guarding);
  return guarding;
}

interface NetworkParts {
  readonly routing: ManagedRouting;
  readonly guard: PortGuard;
  readonly guarding: GuardLoop | null;
}

function startManagedNetwork(
  deps: AgentDependencies,
  config: Config,
  { docker, bus, core, local, parts }: NetworkContext,
  { routing: { applier, deletionLimit }, guard, guarding }: NetworkParts,
): void {
  const routing = createReconciler(deps, {
    name: 'managed-routing',
    ...applier,
    deletionLimit,
    intervalMs: REPAIR_INTERVAL_MS,
  });
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
      attach: (found) => guarding?.attach(found),
      log: deps.log,
      run: deps.run,
    },
    config.network,
  );
  parts.start(
    'address management',
    addressManagementPart({ ...deps, docker, ...(guarding ? { vacate: guard.vacate } : {}) }, config),
  );
  parts.start('managed network', network);
  parts.startReconciler(routing);
}
