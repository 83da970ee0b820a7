import type Docker from 'dockerode';
import { createTableReader } from '../../lb/index.ts';
import { distinctProblems, type Problem } from '../../model/index.ts';
import { findRangeConflicts } from '../../overlay/index.ts';
import { exemptionOf } from '../../resolv-conf/index.ts';
import { connectionProblem } from '../../sources/index.ts';
import type { RunCommand } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import { explainSettings } from '../config/dns-settings.ts';
import { findUnsharedServices } from '../control/service-problems.ts';
import { type AgentStatus, problemsOf } from '../control/status.ts';
import { readHostResolvers } from '../host/host-resolvers.ts';
import { findNetworkConflicts, findRouteConflicts, type HostRoute } from './address-conflicts.ts';
import { checkDockerDns } from './docker-settings.ts';
import { checkLoadBalancer, findClosedDirectory, findSharedContainer } from './load-balancer.ts';
import { findMissingTools } from './missing-tools.ts';
import { findNameChanges } from './name-changes.ts';
import { findShadowedNames } from './shadowed-names.ts';

export interface DoctorDependencies {
  readonly docker: Docker;
  readonly run: RunCommand;
  /** Null when no state was saved on this host. */
  readonly view: () => HostView | null;
  /** Null when the agent is not running. */
  readonly status: (() => AgentStatus) | null;
}

/** Checks this host for problems and tells how to fix them. Changes nothing; a check that cannot run is reported as a problem. */
export function createDoctor(deps: DoctorDependencies, config: Config): () => Promise<readonly Problem[]> {
  const checks: Readonly<Record<string, () => Promise<readonly Problem[]> | readonly Problem[]>> = {
    agent: () => (deps.status ? problemsOf(deps.status()) : [agentNotRunning(config)]),
    tools: () => findMissingTools(deps.run),
    'Docker Engine': () => checkDocker(deps.docker, config.docker.socket),
    "Docker's dns setting": () => checkDockerDns(config.host.root, config.dns.address),
    addresses: () => checkAddresses(deps, config),
    names: () => checkNames(deps, config),
    networks: () => checkNetworks(deps),
    'the load balancer': () => checkBalancing(deps, config),
  };
  return async () => {
    const found = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          return await check();
        } catch (error) {
          const what = error instanceof Error ? error.message : String(error);
          return [{ subject: `check of ${name}`, what, hint: 'fix the cause above, then run drover doctor again' }];
        }
      }),
    );
    return distinctProblems(found.flat());
  };
}

function agentNotRunning({ runDir }: Config): Problem {
  return { subject: `agent at ${runDir}`, what: 'is not running', hint: 'start it: drover agent' };
}

async function checkDocker(docker: Docker, socket: string): Promise<readonly Problem[]> {
  try {
    await docker.ping();
    return [];
  } catch (error) {
    return [connectionProblem(error, socket)];
  }
}

async function checkAddresses({ run, view }: DoctorDependencies, config: Config): Promise<readonly Problem[]> {
  const { dns, network } = config;
  const routes = JSON.parse((await run('ip', ['-json', '-4', 'route', 'show'])) || '[]') as readonly HostRoute[];
  const onRoutes = findRouteConflicts([dns.address, dns.sourceAddress], dns.device, routes);
  if (!network.enabled) return onRoutes;
  const ranges = [network.range, ...network.ranges];
  const { device } = network;
  const resolvers = await readHostResolvers([], config.host);
  const onRanges = await findRangeConflicts({ run }, { ranges, device, resolvers });
  const known = view();
  return [...onRoutes, ...onRanges, ...(known ? findNetworkConflicts(ranges, known.snapshot) : [])];
}

function checkNetworks({ view }: DoctorDependencies): readonly Problem[] {
  const known = view();
  return known === null ? [] : findUnsharedServices(known);
}

async function checkBalancing({ run, view, status }: DoctorDependencies, config: Config): Promise<readonly Problem[]> {
  const known = view();
  if (known === null || !config.lb.enabled) return [];
  const table = createTableReader()(known);
  // The agent reports both itself.
  const ofAgent = status ? [] : [...(await checkLoadBalancer(run, config.lb.haproxy, table)), ...table.problems];
  return [...findSharedContainer(config, table), ...(await findClosedDirectory(config, table)), ...ofAgent];
}

/** Before the agent runs, all containers are going to use Drover; later, those that do not use it yet. */
function checkNames({ view, status }: DoctorDependencies, config: Config): readonly Problem[] {
  const known = view();
  if (known === null) return [];
  const lacking = status && new Set(status().resolvers.problems.map(({ subject }) => subject.split(' ')[1] ?? ''));
  const containers = [...(known.snapshot.hosts.get(known.hostId)?.containers.values() ?? [])].filter(
    (container) => exemptionOf(container) === null && (lacking === null || lacking.has(container.id.slice(0, 12))),
  );
  const changes = findNameChanges(known, containers, explainSettings(config, []));
  return [...(lacking ? findShadowedNames(known, lacking) : []), ...changes];
}
