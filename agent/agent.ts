import Docker from 'dockerode';
import type { Liveness } from '../bus/liveness/index.ts';
import type { Problem } from '../model/index.ts';
import { claimSubnets, createManagedRouting, createServiceAddress } from '../overlay/index.ts';
import { createReconciler, createWakeUp } from '../reconcile/index.ts';
import { followBus, serveFeed } from '../state/index.ts';
import type { Clock, Log, RunCommand } from '../system/index.ts';
import { addressManagementPart } from './address-management.ts';
import { createApply } from './apply.ts';
import { openBus } from './bus.ts';
import { collectStatus } from './collect-status.ts';
import type { Config } from './config.ts';
import { controlRoutes } from './control-routes.ts';
import { serveControl } from './control-server.ts';
import { openCore } from './core.ts';
import { createDoctor } from './doctor/doctor.ts';
import { createLocalSource, hostNameOf } from './local-source.ts';
import { managedNetworkPart } from './managed-network.ts';
import { createMetrics } from './metrics.ts';
import { claimSettings, serviceAddressSettings } from './part-settings.ts';
import { createParts } from './parts.ts';
import { controlSocket, feedSocket } from './paths.ts';
import { createPublisher } from './publisher.ts';
import { createResolvers } from './resolvers.ts';
import { createServers, type Program, watchNamespace } from './servers.ts';
import { tearDown } from './tear-down.ts';
import { createTwinWatch } from './twin-watch.ts';
import { watchOver } from './watch-over.ts';

export interface AgentDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}

export interface AgentSettings {
  readonly config: Config;
  /** Slips in the configuration; shown in status. */
  readonly warnings: readonly Problem[];
  readonly program: Program;
}

export interface Agent {
  readonly hostId: string;
  /** Resolves once `drover down` has removed everything; close after that. */
  readonly wentDown: Promise<void>;
  /** Ends everything but the servers, which go on, and this host's place on the bus. Idempotent. */
  close(): Promise<void>;
}

const REPAIR_INTERVAL_MS = 3_000;

/** Wires one host's agent. What is away when it starts (Docker, the bus) is waited for by the part that needs it. */
export async function startAgent(deps: AgentDependencies, settings: AgentSettings): Promise<Agent> {
  const { clock, log, run } = deps;
  const { config, warnings, program } = settings;
  const startedAtMs = clock.now();
  const stop = new AbortController();
  const parts = createParts(deps, stop.signal);
  const core = await openCore(deps, config);
  const { hostId, store, view } = core;
  const docker = new Docker({ socketPath: config.docker.socket });
  const local = await createLocalSource({ ...deps, docker, store }, config);
  const feed = await serveFeed({ store, log }, { path: feedSocket(config), onIdentify: local.docker.identify });

  // The servers first: what they need is on disk.
  const serviceAddress = createServiceAddress({ run, log }, serviceAddressSettings(config));
  const servers = createServers({ clock, log, serviceAddress, peers: feed.peers }, { config, program });
  const addressReconciler = createReconciler(deps, { ...serviceAddress.applier, intervalMs: REPAIR_INTERVAL_MS });
  addressReconciler.trigger(null, 0);
  parts.startReconciler(addressReconciler);
  if (config.supervise) {
    parts.start('servers', async (signal, report) => {
      await serviceAddress.ensure(signal);
      report.done();
      await Promise.all([servers.run(signal), watchNamespace(deps, servers, config.dns.namespace, signal)]);
    });
  }

  // This host's own facts: to the store at once, to the bus when it can be reached.
  let liveness: Liveness | null = null;
  const { bus, problems: busProblems } = await openBus(
    { clock, log, hears: (id) => liveness?.hears(id) ?? false },
    config,
  );
  const twin = createTwinWatch({ hostId, incarnation: local.incarnation });
  const ownFacts = () => (twin.problem() || local.docker.status().lastSyncMs === null ? null : local.docker.facts());
  const publisher = createPublisher({ bus, facts: ownFacts, clock, log }, { hostId });
  const containersChanged = createWakeUp(clock);
  local.docker.onChange((changes) => {
    store.apply({ hosts: new Map([[hostId, changes]]), documents: new Map() });
    publisher.changed();
    containersChanged.wake();
  });
  parts.start('docker', (signal) => local.docker.run(signal));
  parts.start('host address', local.addressPart);
  parts.start('publish', (signal, report) => publisher.run(signal, report));
  parts.start('bus', (signal) => followBus(store, twin.look(bus.watch(signal))));
  liveness = await watchOver(deps, { bus, config, core, incarnation: local.incarnation, signal: stop.signal });

  // What containers need beside the servers.
  const resolvers = createResolvers(
    { docker, source: local.docker, view, wakeUp: containersChanged, log },
    { resolver: config.dns.address },
  );
  parts.start('resolv.conf', resolvers.part);
  const routing = createManagedRouting({ run, log });
  if (config.network.enabled) {
    parts.start('address management', addressManagementPart({ docker, clock, log }, config));
    const reconciler = createReconciler(deps, { ...routing.applier, intervalMs: REPAIR_INTERVAL_MS });
    parts.startReconciler(reconciler);
    const claims = claimSubnets({ documents: bus, clock, log }, claimSettings(config, hostId));
    const announce = (subnets: readonly string[]) => local.docker.updateHost({ subnets });
    const isUp = () => local.docker.status().connected;
    const network = { docker, isUp, claims, routing: reconciler, store, wakeUp: createWakeUp(clock), announce, log };
    parts.start('managed network', managedNetworkPart(network, config.network));
  }

  // What people ask.
  const apply = createApply({ bus, store });
  parts.start('manifests', apply.directoryPart(config.manifestsDir, clock));
  const status = () =>
    collectStatus({
      config,
      startedAtMs,
      hostName: hostNameOf(config),
      address: local.address,
      store,
      view,
      bus,
      source: local.docker,
      supervisor: config.supervise ? servers : null,
      feed,
      parts,
      resolvers: resolvers.counts,
      liveness,
      problems: () => [...[twin.problem()].flatMap((one) => one ?? []), ...busProblems, ...warnings],
    });
  const endParts = async (): Promise<void> => {
    stop.abort();
    await parts.ended();
  };
  const down = Promise.withResolvers<void>();
  const control = await serveControl(
    { log },
    {
      path: controlSocket(config),
      routes: controlRoutes({
        status,
        view,
        metrics: createMetrics(status, clock.now),
        apply: apply.apply,
        checkup: createDoctor({ ...deps, docker, view, status }, config),
        down: async () => {
          await endParts();
          const problems = await tearDown(
            { ...deps, docker, bus, supervisor: servers, serviceAddress, routing },
            { config, hostId },
          );
          setImmediate(down.resolve);
          return problems;
        },
      }),
    },
  );
  log.info({ hostId, environment: config.environment }, 'agent is up');

  const close = async (): Promise<void> => {
    await endParts();
    await control.close();
    await feed.close();
    await liveness?.close();
    await bus.close();
    await core.close();
  };
  let closing: Promise<void> | null = null;
  return {
    hostId,
    wentDown: down.promise,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
