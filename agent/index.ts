// The command line loads this file at each start, so heavy modules are loaded by the functions that need them.
import type { Problem } from '../model/index.ts';
import type { HostView } from '../view/index.ts';
import type { Agent, AgentSettings } from './agent.ts';
import type { Config, ConfigDependencies, ConfigSources, LoadedConfig } from './config/config.ts';
import type { LbExplanation, LbPort, LbRequest } from './control/lb/lb-explanation.ts';
import type { LbPage } from './control/lb/lb-page.ts';
import type { DownCheck } from './down/judge-down.ts';
import type { SavedView } from './down/offline.ts';
import type { AgentDependencies } from './parts/dependencies.ts';

export type { ComponentPlan } from '../reconcile/index.ts';
export type { Agent, AgentSettings } from './agent.ts';
export { SERVER_NAMES, type ServerName } from './children/server-table.ts';
export type { Program } from './children/servers.ts';
export type { Config, LoadedConfig } from './config/config.ts';
export { explainSettings, forwardRules, searchMode } from './config/dns-settings.ts';
export { controlSocket, dnsSocket, feedSocket, mirrorFile, portBindingsFile } from './config/paths.ts';
export { VERSION } from './config/version.ts';
export type { ApplyOutcome, ApplyRequest } from './control/apply-request.ts';
export { askAgent, type ControlReply, type ControlRequest, followAgent } from './control/client.ts';
export type { DeclaredServices, RemoveRequest } from './control/declarations.ts';
export type { GoneClaim } from './control/gone-hosts.ts';
export type { HealthRow } from './control/health.ts';
export type { LbExplanation, LbPort, LbRequest } from './control/lb/lb-explanation.ts';
export type { BackendRow as LbBackendRow, LbPage } from './control/lb/lb-page.ts';
export type { ContainerRow, EndpointRow, HostRow, ServiceRow } from './control/listing.ts';
export type { OverlayPage } from './control/overlay/overlay-page.ts';
export type { PathExplanation, PathRequest } from './control/overlay/why-path.ts';
export type { RollEvent, RollRequest } from './control/roll-request.ts';
export { type AgentStatus, type ProcessStatus, problemsOf } from './control/status.ts';
export type { DownCheck } from './down/judge-down.ts';
export type { SavedView } from './down/offline.ts';
export { followHostResolvers, hasLocalStub, readHostResolvers } from './host/host-resolvers.ts';
export type { AgentDependencies } from './parts/dependencies.ts';

export async function startAgent(dependencies: AgentDependencies, settings: AgentSettings): Promise<Agent> {
  return (await import('./agent.ts')).startAgent(dependencies, settings);
}

export async function loadConfig(dependencies: ConfigDependencies, sources: ConfigSources): Promise<LoadedConfig> {
  return (await import('./config/config.ts')).loadConfig(dependencies, sources);
}

export async function readSavedView(config: Config): Promise<SavedView | null> {
  return (await import('./down/offline.ts')).readSavedView(config);
}

export async function findServer(config: Config, name: string): Promise<number | null> {
  return (await import('./down/offline.ts')).findServer(config, name);
}

/** Rows of a listing from a view, as `GET /v1/...` returns them. */
export async function listRows(
  what: 'services' | 'containers' | 'hosts' | 'health',
  view: HostView,
): Promise<readonly unknown[]> {
  const { listContainers, listHosts, listServices } = await import('./control/listing.ts');
  const { listHealth } = await import('./control/health.ts');
  const { publishedAt } = await import('./control/lb/published.ts');
  const { createTableReader } = await import('../lb/index.ts');
  const services = () => listServices(view, publishedAt(createTableReader()(view)));
  const health = () => listHealth(view, { turns: null, nowMs: Date.now() });
  return { services, containers: listContainers, hosts: listHosts, health }[what](view);
}

/** `drover lb` of a saved view, without live numbers. */
export async function savedLbPage(view: HostView): Promise<LbPage> {
  const [{ lbPage, NOT_LIVE }, { createTableReader }] = await Promise.all([
    import('./control/lb/lb-page.ts'),
    import('../lb/index.ts'),
  ]);
  return lbPage(view, createTableReader()(view), NOT_LIVE);
}

/** What a saved view knows of a port of the load balancer, without live numbers. */
export async function savedLbPort(view: HostView, port: number): Promise<LbPort> {
  const [{ lbPort }, { NOT_LIVE }, { createTableReader }] = await Promise.all([
    import('./control/lb/why-lb.ts'),
    import('./control/lb/lb-page.ts'),
    import('../lb/index.ts'),
  ]);
  return lbPort(view, createTableReader()(view), { port, ...NOT_LIVE });
}

/** `drover why lb`. Can take long, because it runs regular expressions of users: the agent must not call it. */
export async function explainLb(port: LbPort, asked: LbRequest): Promise<LbExplanation> {
  return (await import('./control/lb/why-lb.ts')).explainLb(port, asked);
}

/** `drover down` on a host whose agent is not running. */
export async function tearDownHost(dependencies: AgentDependencies, config: Config): Promise<readonly Problem[]> {
  return (await import('./down/tear-down-host.ts')).tearDownHost(dependencies, config);
}

/** What has to be removed before `drover down`, and what to change after it. */
export async function checkDown(config: Config): Promise<DownCheck> {
  return (await import('./down/check-down.ts')).checkDown(config);
}

/** What `drover down` restores, stops and removes. */
export async function tearDownSubjects(config: Config): Promise<readonly string[]> {
  return (await import('./down/tear-down.ts')).tearDownSubjects(config);
}

/** `drover doctor` on a host whose agent is not running. */
export async function checkHost(dependencies: AgentDependencies, config: Config): Promise<readonly Problem[]> {
  return (await import('./doctor/check-host.ts')).checkHost(dependencies, config);
}
