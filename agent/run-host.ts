import Docker from 'dockerode';
import {
  type Checker,
  createRecreationLock,
  defaultBudgetSettings,
  type RecreationDocuments,
  type RecreationLock,
  VOTE_PREFIX,
} from '../healthcheck/index.ts';
import type { LoadBalancer } from '../lb/index.ts';
import { DRAINING_FACT, OVERLAY_FACT, PATHS_FACT, PUBLISHED_FACT, SESSIONS_FACT } from '../model/index.ts';
import { createManagedNetwork } from '../overlay/index.ts';
import { createDriver, type Driver } from '../reconcile/index.ts';
import { createClaims, createRecovery } from '../replacement/index.ts';
import { createReachability, createResolvConf, isOftenUnreachable, type ResolvConf } from '../resolv-conf/index.ts';
import type { ManifestWatch } from '../sources/index.ts';
import { type FeedServer, serveFeed } from '../state/index.ts';
import { type WiredFacts, wireFacts } from './bus/wire-facts.ts';
import { createReloadableSupervisor, type ReloadableSupervisor } from './children/reloadable-supervisor.ts';
import { createServers, type Program } from './children/servers.ts';
import { serversPart } from './children/servers-part.ts';
import { type Appliers, componentsOf, createAppliers, kernelComponents } from './components.ts';
import type { Config } from './config/config.ts';
import { feedSocket } from './config/paths.ts';
import { createHaproxyProcess, type KeptHaproxy } from './health/haproxy-process.ts';
import { healthPart } from './health/health-part.ts';
import { type HealthStatus, healthStatus, voterStatus } from './health/health-status.ts';
import { recreationPart } from './health/recreation-part.ts';
import { followVerdicts } from './health/verdict-log.ts';
import { type Core, openCore } from './host/core.ts';
import { readHostResolvers } from './host/host-resolvers.ts';
import { createLocalSource, type LocalSource } from './host/local-source.ts';
import { probeResolver } from './host/probe-resolver.ts';
import { createLb, lbPart } from './lb/create-lb.ts';
import { publishedPart } from './lb/published-part.ts';
import { sessionsPart } from './lb/sessions-part.ts';
import { addressParts } from './network/address-management.ts';
import { driftPart } from './network/drift-part.ts';
import { createNetworkState } from './network/network-state.ts';
import { createOverlay, type Overlay } from './overlay/overlay.ts';
import { componentStatusPart, STATUS_PREFIX } from './parts/component-status.ts';
import type { AgentDependencies } from './parts/dependencies.ts';
import { includeManifests } from './parts/manifests-part.ts';
import { createParts, type Parts } from './parts/parts.ts';
import { recoveryDrain } from './roll/recovery-drain.ts';
import { replacementsPart } from './roll/replacements-part.ts';
import { createRolls, type Rolls } from './roll/rolls.ts';

export interface RunHostSettings {
  readonly config: Config;
  readonly program: Program;
}

/** Everything that works on this host. */
export interface RunningHost {
  readonly manifests: Pick<ManifestWatch, 'fileOf'>;
  readonly core: Core;
  readonly docker: Docker;
  readonly local: LocalSource;
  readonly feed: FeedServer;
  readonly appliers: Appliers;
  readonly resolvConf: ResolvConf;
  readonly driver: Driver;
  readonly supervisor: ReloadableSupervisor<Config>;
  readonly haproxy: KeptHaproxy;
  /** Null: switched off. */
  readonly balancer: LoadBalancer | null;
  /** Null: this host makes no checks. */
  readonly health: () => HealthStatus | null;
  readonly facts: WiredFacts;
  readonly parts: Parts;
  readonly rolls: Rolls;
  readonly overlay: Overlay;
}

/** Of components that no event tells about a change: another network namespace, files. */
const REPAIR_INTERVAL_MS = 5_000;

/** Starts all components and parts of this host; they work until `signal` aborts. */
export async function runHost(
  deps: AgentDependencies,
  { config, program }: RunHostSettings,
  signal: AbortSignal,
): Promise<RunningHost> {
  const parts = createParts(deps, signal);
  const core = await openCore(deps, config);
  const { hostId, store, view } = core;
  const docker = new Docker({ socketPath: config.docker.socket });
  const onConnection = () => {
    driver.changed();
    recovery.request();
  };
  const claims = createClaims();
  const recovery = createRecovery({
    ...deps,
    docker,
    claims,
    drain: (id) => recoveryDrain(drainDeps, id, signal),
  });
  const earlierFacts = store.picture().hosts.get(hostId);
  const local = await createLocalSource({ ...deps, docker, store, onConnection }, config);
  const drainDeps = {
    ...deps,
    view,
    source: local.docker,
    drainTimeoutMs: config.lb.drainTimeoutMs,
    facts: local.facts.part([DRAINING_FACT]),
  };
  const feed = await serveFeed({ store, ...deps }, { path: feedSocket(config), onIdentify: local.docker.identify });

  const appliers = createAppliers(deps, config, local.docker);
  const resolvConf = resolvConfOf(deps, config, { docker, local, core, onReach: () => driver.changed(), signal });
  const announce = local.hostFields('subnets');
  const documents = async () => (await wired).bus;
  const network = createNetworkState(config.network, { announce, onChange: () => driver.changed() });
  const managedNetwork = createManagedNetwork({
    ...deps,
    docker,
    documents,
    resolvers: () => readHostResolvers([], config.host),
    onNetwork: network.found,
    onRanges: network.agreed,
  });
  const balancer = createLb(deps, config, () => driver.changed());
  const overlay = createOverlay(deps, config, {
    hostId,
    view,
    network,
    documents,
    address: local.address,
    backends: appliers.backends,
    facts: local.facts.part([OVERLAY_FACT, PATHS_FACT], earlierFacts),
    hadSubnet: (store.current().hosts.get(hostId)?.host?.subnets.length ?? 0) > 0,
    recheck: (names) => driver.recheck(names),
    appliedAtMs: (component) =>
      driver.loops.map((loop) => loop.status()).find(({ name }) => name === component)?.lastAppliedTickMs ?? null,
    onChange: () => driver.changed(),
  });
  const sources = { hostId, network, overlay, managedNetwork, docker: local.docker, resolvConf, balancer };
  const components = componentsOf(appliers, config.network, sources);
  const driver = createDriver(deps, { view, components, intervalMs: REPAIR_INTERVAL_MS });
  store.subscribe(() => {
    driver.changed();
    overlay.changed();
  });
  parts.drive(driver);
  const recheck = () => driver.recheck(kernelComponents(appliers));
  parts.start({ drift: driftPart(deps, config.dns.address, recheck) });
  if (config.network.enabled) parts.start(overlay.parts);
  if (balancer !== null)
    parts.start({
      'load balancer files': lbPart(balancer),
      'load balancer sessions': sessionsPart({
        ...deps,
        balancer,
        view,
        facts: local.facts.part([SESSIONS_FACT], earlierFacts),
      }),
    });
  // Also without a load balancer: those of other hosts need it.
  const publishedFacts = local.facts.part([PUBLISHED_FACT], earlierFacts);
  parts.start({ 'published rules': publishedPart({ ...deps, view, facts: publishedFacts }) });

  const serversDeps = { ...deps, ...appliers, peers: feed.peers };
  const supervisor = createReloadableSupervisor(
    (newest) => createServers(serversDeps, { config: newest, program }),
    config,
  );
  const isReady = () => parts.isDone('service-address');
  if (config.supervise) parts.start({ servers: serversPart(deps, supervisor, { config, isReady }) });
  const haproxy = createHaproxyProcess(deps, config);
  let checker: Checker | null = null;
  const onChecker = (started: Checker): void => {
    checker = started;
  };
  const verdicts = followVerdicts({ store, view, log: deps.log }, signal);
  if (config.health.enabled) {
    const votes = local.facts.part([VOTE_PREFIX], earlierFacts);
    parts.start({
      'health checks': healthPart(deps, { hostId, store, view, facts: votes, haproxy, docker, onChecker }, config),
    });
  }
  const wired = wireFacts(deps, config, { core, local, parts, signal, onChange: driver.changed });
  const lock = () => recreationLock(deps, core, documents);
  const rolls = createRolls({ ...deps, ...drainDeps, docker, claims, recovery, lock }, signal);
  parts.start({ replacements: replacementsPart(deps, { recovery, rolls, source: local.docker }) });
  const facts = await wired;
  if (config.health.enabled)
    parts.start({
      recreation: recreationPart(deps, {
        docker,
        store,
        view,
        source: local.docker,
        lock,
        claims,
        recovery,
      }),
    });
  const statuses = () => [
    ...driver.loops.map((loop) => loop.status()),
    ...(checker === null ? [] : [voterStatus(checker.status())]),
  ];
  const health = () => checker && healthStatus(checker, verdicts);
  parts.start({
    ...addressParts({ ...deps, docker, guard: appliers.guard }, config),
    'component status': componentStatusPart({ ...deps, facts: local.facts.part([STATUS_PREFIX]), statuses }),
  });
  const manifests = includeManifests(deps, config, { bus: facts.bus, parts, signal });
  return {
    core,
    docker,
    local,
    feed,
    appliers,
    resolvConf,
    driver,
    supervisor,
    haproxy,
    balancer,
    health,
    facts,
    parts,
    manifests,
    rolls,
    overlay,
  };
}

async function recreationLock(
  { clock }: AgentDependencies,
  { hostId, view }: Core,
  documents: () => Promise<RecreationDocuments>,
): Promise<RecreationLock> {
  const isLive = (id: string): boolean => view().snapshot.hosts.has(id);
  return createRecreationLock({ documents: await documents(), clock, hostId, isLive }, defaultBudgetSettings);
}

interface ResolvConfSources {
  readonly docker: Docker;
  readonly local: LocalSource;
  readonly core: Core;
  readonly onReach: () => void;
  readonly signal: AbortSignal;
}

function resolvConfOf(
  deps: AgentDependencies,
  { dns }: Config,
  { docker, local, core, onReach, signal }: ResolvConfSources,
): ResolvConf {
  const { processId, networksOf, status } = local.docker;
  const networkNamed = (name: string) =>
    core.store
      .current()
      .hosts.get(core.hostId)
      ?.networks.values()
      .find((network) => network.name === name);
  const reachability = createReachability({
    ...deps,
    networksOf,
    probe: async (id) => {
      const pid = processId(id);
      return pid === null ? 'silent' : await probeResolver(dns.address, pid);
    },
    isDoubtful: (name) => {
      const network = networkNamed(name);
      return network !== undefined && isOftenUnreachable(network, status().apiVersion);
    },
    onChange: onReach,
    signal,
  });
  const dataRoot = async (): Promise<string> => (await docker.info()).DockerRootDir;
  const resolvConf = createResolvConf(
    { ...deps, pathOf: local.docker.resolvConfPath, dataRoot, reachability },
    { resolver: dns.address },
  );
  signal.addEventListener('abort', resolvConf.close, { once: true });
  return resolvConf;
}
