import { type Problem, parseUpstream } from '../model/index.ts';
import type { Config, LoadedConfig } from './config/config.ts';
import { createConfigured } from './config/configured.ts';
import { controlSocket } from './config/paths.ts';
import { applyManifests } from './control/apply.ts';
import { collectStatus, type StatusSources } from './control/collect-status.ts';
import { readDeclarations, removeDeclarations } from './control/declarations.ts';
import { createGoneHosts } from './control/gone-hosts.ts';
import { readHealth } from './control/health.ts';
import { createLbSources } from './control/lb/lb-sources.ts';
import { portNotes } from './control/lb/port-notes.ts';
import { createMetrics } from './control/metrics.ts';
import { metricsPart } from './control/metrics-part.ts';
import { changeOverlay } from './control/overlay/change-overlay.ts';
import { pathProblems } from './control/overlay/path-problems.ts';
import { createReadRoute } from './control/overlay/read-route.ts';
import { createTunnelSources, type TunnelSources } from './control/overlay/tunnel-sources.ts';
import { controlRoutes } from './control/routes.ts';
import { serveControl } from './control/server.ts';
import type { AgentStatus } from './control/status.ts';
import { createDoctor } from './doctor/doctor.ts';
import { tearDown } from './down/tear-down.ts';
import { hostNameOf } from './host/local-source.ts';
import type { AgentDependencies } from './parts/dependencies.ts';
import { type RunHostSettings, type RunningHost, runHost } from './run-host.ts';

/** The settings an agent starts with. */
export interface AgentSettings extends RunHostSettings {
  /** Configuration warnings; shown in status. */
  readonly warnings: readonly Problem[];
}

export interface Agent {
  readonly hostId: string;
  /** Resolves once `drover down` has removed everything. Close the agent after that. */
  readonly wentDown: Promise<void>;
  /**
   * Applies what can be applied of a configuration that was read again, and gives the one in force. An invalid one changes
   * nothing; status shows why.
   */
  reload(loaded: LoadedConfig): Config;
  /** Stops everything except the servers, and releases this host's lease on the bus. Idempotent. */
  close(): Promise<void>;
}

/** `drover down` receives the reply and prints it before its container ends. */
const REPLY_WITHIN_MS = 1_000;

/** Starts the agent of one host. Docker and the bus need not be reachable: the parts that need them wait. */
export async function startAgent(deps: AgentDependencies, settings: AgentSettings): Promise<Agent> {
  const { log, clock } = deps;
  const { config } = settings;
  const stop = new AbortController();
  const startedAtMs = clock.now();
  const host = await runHost(deps, settings, stop.signal);
  const { core, docker, driver, parts, facts, feed } = host;
  const { hostId, view } = core;
  const { bus } = facts;
  const endParts = async (): Promise<void> => {
    stop.abort();
    await parts.ended();
  };
  const wentDown = Promise.withResolvers<void>();
  const down = async (): Promise<readonly Problem[]> => {
    await endParts();
    const { problems, stopSelf } = await tearDown({ ...deps, ...host, ...host.appliers, bus }, { config, hostId });
    const end = () => wentDown.resolve();
    // Docker stops the container of this agent with SIGTERM: if the agent only exited, the restart policy would start it again.
    if (stopSelf) clock.sleep(REPLY_WITHIN_MS).then(stopSelf).catch(end);
    else setImmediate(end);
    return problems;
  };
  const configured = createConfigured(deps, settings, host.supervisor);
  const lb = createLbSources(host.balancer, view, stop.signal);
  const ways = { backends: host.appliers.backends, view, signal: stop.signal };
  const tunnels = createTunnelSources(host.overlay, ways, config.network.probePort);
  const problems = () => [...configured.problems(), ...problemsOfPaths(host, tunnels)];
  const status = () => statusOf(host, settings, { clock, startedAtMs, problems, lb });
  const metrics = createMetrics({ status, view, lb, tunnels }, clock.now);
  const listen = config.metrics.listen && parseUpstream(config.metrics.listen);
  if (listen) parts.start({ metrics: metricsPart(metrics, listen) });
  const routes = controlRoutes({
    status,
    view,
    lb,
    health: () => readHealth({ bus, clock }, view()),
    metrics,
    apply: (request) =>
      applyManifests({ bus, clock, notes: (declared) => portNotes(view(), lb.table(), declared) }, request),
    declarations: () => readDeclarations(bus),
    remove: (request) => removeDeclarations({ bus, clock }, request, host.manifests.fileOf),
    tunnels,
    readRoute: createReadRoute(deps.run, () => (config.network.enabled ? config.network.device : null)),
    changeOverlay: (request) => changeOverlay(bus, request, { hosts: host.overlay.hosts(view()), nowMs: clock.now() }),
    roll: host.rolls.start,
    confirm: parts.confirm,
    plan: () => driver.plan(stop.signal),
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
    await facts.liveness?.close();
    await bus.close();
    await core.close();
  };
  let closing: Promise<void> | null = null;
  return {
    hostId,
    wentDown: wentDown.promise,
    reload: configured.reload,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Hosts whose agents do not answer are named already. */
function problemsOfPaths({ core, facts }: RunningHost, tunnels: TunnelSources): readonly Problem[] {
  const probed = facts.liveness?.status().probed ?? [];
  const silent = probed.flatMap(({ hostId, state }) => (state === 'heard' ? [] : [hostId]));
  return pathProblems(core.view(), tunnels, new Set(silent));
}

function statusOf(
  { core, local, facts, supervisor, feed, parts, resolvConf, health, overlay }: RunningHost,
  { config }: AgentSettings,
  { clock, startedAtMs, problems, lb }: Pick<StatusSources, 'clock' | 'startedAtMs' | 'problems' | 'lb'>,
): AgentStatus {
  return collectStatus({
    ...core,
    config,
    clock,
    startedAtMs,
    hostName: hostNameOf(config),
    address: local.address,
    bus: facts.bus,
    source: local.docker,
    supervisor: config.supervise ? supervisor : null,
    feed,
    parts,
    resolvers: resolvConf.counts,
    health,
    lb,
    overlay: overlay.state.own,
    liveness: facts.liveness,
    problems: () => [...facts.problems(), ...problems()],
  });
}
