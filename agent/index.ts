// Light on purpose: the command line reads this at every start. What is heavy is loaded by the functions that need it.
import type { Problem } from '../model/index.ts';
import type { HostView } from '../view/index.ts';
import type { Agent } from './agent.ts';
import type { Config, ConfigDependencies, ConfigSources, LoadedConfig } from './config.ts';
import type { AgentDependencies, AgentSettings } from './dependencies.ts';
import type { SavedView } from './offline.ts';

export type { Agent } from './agent.ts';
export type { ApplyOutcome, ApplyRequest } from './apply-request.ts';
export type { Config, LoadedConfig } from './config.ts';
export { askAgent, type ControlReply, type ControlRequest } from './control-client.ts';
export type { AgentDependencies, AgentSettings } from './dependencies.ts';
export type { GoneClaim } from './gone-hosts.ts';
export { followHostResolvers, hasLocalStub, readHostResolvers } from './host-resolvers.ts';
export type { ContainerRow, EndpointRow, HostRow, ServiceRow } from './listing.ts';
export type { SavedView } from './offline.ts';
export { controlSocket, dnsSocket, feedSocket, mirrorFile } from './paths.ts';
export type { Program } from './servers.ts';
export { type AgentStatus, type ProcessStatus, problemsOf } from './status.ts';
export { VERSION } from './version.ts';

export async function startAgent(dependencies: AgentDependencies, settings: AgentSettings): Promise<Agent> {
  return (await import('./agent.ts')).startAgent(dependencies, settings);
}

export async function loadConfig(dependencies: ConfigDependencies, sources: ConfigSources): Promise<LoadedConfig> {
  return (await import('./config.ts')).loadConfig(dependencies, sources);
}

export async function readSavedView(config: Config): Promise<SavedView | null> {
  return (await import('./offline.ts')).readSavedView(config);
}

export async function findServer(config: Config, name: string): Promise<number | null> {
  return (await import('./offline.ts')).findServer(config, name);
}

/** Rows of a listing from a view, as `GET /v1/...` gives them. */
export async function listRows(what: 'services' | 'containers' | 'hosts', view: HostView): Promise<readonly unknown[]> {
  const { listContainers, listHosts, listServices } = await import('./listing.ts');
  return { services: listServices, containers: listContainers, hosts: listHosts }[what](view);
}

/** `drover down` on a host whose agent is away. */
export async function tearDownHost(dependencies: AgentDependencies, config: Config): Promise<readonly Problem[]> {
  return (await import('./tear-down-host.ts')).tearDownHost(dependencies, config);
}

/** `drover doctor` on a host whose agent is away. */
export async function checkHost(dependencies: AgentDependencies, config: Config): Promise<readonly Problem[]> {
  return (await import('./check-host.ts')).checkHost(dependencies, config);
}
