import Docker from 'dockerode';
import type { Problem } from '../model/index.ts';
import { createDriver } from '../reconcile/index.ts';
import { createResolvConf } from '../resolv-conf/index.ts';
import { serveFeed } from '../state/index.ts';
import { createServers } from './children/servers.ts';
import { serversPart } from './children/servers-part.ts';
import { componentStatusPart, STATUS_PREFIX } from './component-status.ts';
import { componentsOf, createAppliers } from './components.ts';
import { controlSocket, feedSocket } from './config/paths.ts';
import { applyManifests } from './control/apply.ts';
import { collectStatus } from './control/collect-status.ts';
import { createGoneHosts } from './control/gone-hosts.ts';
import { createMetrics } from './control/metrics.ts';
import { controlRoutes } from './control/routes.ts';
import { serveControl } from './control/server.ts';
import { openCore } from './core.ts';
import type { AgentDependencies, AgentSettings } from './dependencies.ts';
import { createDoctor } from './doctor/doctor.ts';
import { tearDown } from './down/tear-down.ts';
import { createLocalSource, hostNameOf } from './local-source.ts';
import { createNetworkState, networkParts } from './managed-network.ts';
import { includeManifests } from './manifests-part.ts';
import { createParts } from './parts.ts';
import { wireFacts } from './wire-facts.ts';

export interface Agent {
  readonly hostId: string;
  /** Resolves once `drover down` has removed everything. Close the agent after that. */
  readonly wentDown: Promise<void>;
  /** Ends everything but the servers, which go on, and this host's place on the bus. Idempotent. */
  close(): Promise<void>;
}

const REPAIR_INTERVAL_MS = 3_000;

/** Starts the agent of one host. Docker and the bus need not be reachable: the parts that need them wait. */
export async function startAgent(deps: AgentDependencies, settings: AgentSettings): Promise<Agent> {
  const { clock, log } = deps;
  const { config, warnings } = settings;
  const startedAtMs = clock.now();
  const stop = new AbortController();
  const { signal } = stop;
  const parts = createParts(deps, signal);
  const core = await openCore(deps, config);
  const { hostId, store, view } = core;
  const docker = new Docker({ socketPath: config.docker.socket });
  const local = await createLocalSource({ ...deps, docker, store }, config);
  const feed = await serveFeed({ store, clock, log }, { path: feedSocket(config), onIdentify: local.docker.identify });

  const appliers = createAppliers(deps, config, local.docker);
  const network = createNetworkState(config.network, () => driver.changed());
  const isComplete = () => local.docker.status().lastSyncMs !== null;
  const resolvConf = createResolvConf(
    {
      ...deps,
      pathOf: local.docker.resolvConfPath,
      dataRoot: async () => (await docker.info()).DockerRootDir,
    },
    { resolver: config.dns.address },
  );
  signal.addEventListener('abort', resolvConf.close, { once: true });
  const components = componentsOf(appliers, config.network, { network, isComplete, resolvConf });
  const driver = createDriver(deps, { view, components, intervalMs: REPAIR_INTERVAL_MS });
  store.subscribe(driver.changed);
  parts.drive(driver);

  const supervisor = createServers({ ...deps, ...appliers, peers: feed.peers }, settings);
  parts.start({
    ...(config.supervise
      ? { servers: serversPart(deps, supervisor, { config, isReady: () => parts.isDone('service-address') }) }
      : {}),
    'component status': componentStatusPart({
      clock,
      facts: local.facts.part([STATUS_PREFIX]),
      statuses: () => driver.loops.map((loop) => loop.status()),
    }),
  });
  const facts = await wireFacts(deps, config, { core, local, parts, signal, isComplete, onChange: driver.changed });
  const { bus, liveness } = facts;
  parts.start(networkParts(deps, config, { docker, bus, hostId, local, network, guard: appliers.guard }));
  includeManifests(deps, config, { bus, parts, signal });

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
      supervisor: config.supervise ? supervisor : null,
      feed,
      parts,
      resolvers: resolvConf.counts,
      liveness,
      problems: () => [...facts.problems(), ...warnings],
    });
  const endParts = async (): Promise<void> => {
    stop.abort();
    await parts.ended();
  };
  const wentDown = Promise.withResolvers<void>();
  const down = async (): Promise<readonly Problem[]> => {
    await endParts();
    const problems = await tearDown({ ...deps, ...appliers, docker, bus, supervisor }, { config, hostId });
    setImmediate(wentDown.resolve);
    return problems;
  };
  const routes = controlRoutes({
    status,
    view,
    metrics: createMetrics(status, clock.now),
    apply: (request) => applyManifests(bus, request),
    confirm: parts.confirm,
    gone: createGoneHosts(bus, view),
    checkup: createDoctor({ ...deps, docker, view, status }, config),
    down,
  });
  const control = await serveControl({ log }, { path: controlSocket(config), routes });
  log.info({ hostId, environment: config.environment }, 'agent started');

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
    wentDown: wentDown.promise,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
