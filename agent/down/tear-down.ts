import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type Docker from 'dockerode';
import type { Bus } from '../../bus/index.ts';
import { haproxyFiles } from '../../healthcheck/index.ts';
import type { Problem } from '../../model/index.ts';
import {
  type Backend,
  type Floor,
  forgetRanges,
  type ManagedRouting,
  type PortGuard,
  releaseSubnets,
  removeManagedNetwork,
  type ServiceAddress,
} from '../../overlay/index.ts';
import { restoreResolvConfs } from '../../resolv-conf/index.ts';
import type { Clock, Log, RunCommand } from '../../system/index.ts';
import { SERVER_NAMES } from '../children/server-table.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { Config } from '../config/config.ts';
import { HEALTH_CHILD } from '../health/haproxy-process.ts';
import { dnsAddresses, readDockerDns } from '../host/docker-dns.ts';
import { readHostResolvers } from '../host/host-resolvers.ts';
import { createLbProcess, LB_CHILD, lbFilesOf } from '../lb/lb-process.ts';
import { addressManagementPart } from '../network/address-management.ts';
import { IPSEC_CHILD } from '../overlay/charon-process.ts';
import { WIREGUARD_SLOTS } from '../overlay/create-wireguard.ts';
import { wireguardChild } from '../overlay/wireguard-process.ts';
import { dnsOf, inspectAll } from './inspect-all.ts';
import { namespaceCopies } from './namespace-copies.ts';
import { stopOwnContainers } from './own-containers.ts';

export interface TearDownDependencies {
  readonly docker: Docker;
  /** Null when it cannot be opened. */
  readonly bus: Bus | null;
  readonly supervisor: Supervisor;
  readonly haproxy: Pick<Supervisor, 'stop'>;
  readonly serviceAddress: Pick<ServiceAddress, 'remove'>;
  readonly routing: Pick<ManagedRouting, 'remove'>;
  readonly floor: Pick<Floor, 'remove'>;
  readonly guard: Pick<PortGuard, 'remove'>;
  readonly backends: readonly Pick<Backend, 'remove'>[];
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TornDown {
  readonly problems: readonly Problem[];
  /** Stops the container of this process; null: it runs in none. */
  readonly stopSelf: (() => Promise<void>) | null;
}

/** What the steps work with. */
interface Context extends TearDownDependencies {
  readonly config: Config;
  readonly hostId: string | null;
  networkIsGone: boolean;
  stopSelf: TornDown['stopSelf'];
}

interface Step {
  readonly subject: string;
  readonly hint?: string;
  /** Only with `network.enabled`. */
  readonly ofNetwork?: true;
  readonly act: (context: Context) => Promise<readonly Problem[]>;
}

const AGAIN = "fix the cause above, then run 'drover down' again";
const clean = async (work: Promise<void>): Promise<readonly Problem[]> => work.then(() => []);

const STEPS: readonly Step[] = [
  { subject: 'resolv.conf of containers', act: restoreResolvers },
  { subject: 'port guard', act: ({ guard }) => clean(guard.remove()) },
  { subject: 'managed network', ofNetwork: true, act: removeNetwork },
  { subject: 'subnet of the managed network', ofNetwork: true, act: (context) => clean(release(context)) },
  {
    subject: 'routes and rules of the managed network',
    ofNetwork: true,
    act: ({ routing }) => clean(routing.remove()),
  },
  { subject: 'tunnels to other hosts', ofNetwork: true, act: ({ backends }) => clean(removeTunnels(backends)) },
  { subject: 'what stands under the tunnels', ofNetwork: true, act: ({ floor }) => clean(floor.remove()) },
  {
    subject: 'bus lease of this host',
    hint: 'no action needed: the lease expires',
    act: (context) => clean(leave(context)),
  },
  { subject: SERVER_NAMES.join(' and '), act: ({ supervisor }) => clean(supervisor.stop()) },
  { subject: 'HAProxy of the health checks', act: ({ haproxy }) => clean(haproxy.stop()) },
  { subject: 'HAProxy of the load balancer', act: (context) => clean(createLbProcess(context, context.config).stop()) },
  { subject: "Drover's own containers", act: stopContainers },
  { subject: 'service address', act: (context) => clean(removeServiceAddress(context)) },
  { subject: 'run directory', act: ({ config }) => clean(removeRunFiles(config.runDir)) },
];

const stepsOf = (config: Config): readonly Step[] =>
  STEPS.filter(({ ofNetwork }) => !ofNetwork || config.network.enabled);

/** What `tearDown` restores, stops and removes, in this order. */
export function tearDownSubjects(config: Config): readonly string[] {
  return stepsOf(config).map(({ subject }) => subject);
}

/**
 * Removes everything that Drover made on this host, and removes the host from the bus. The parts of the agent must have
 * stopped before. Continues after a failure and returns what failed. The data directory stays. Idempotent.
 */
export async function tearDown(
  deps: TearDownDependencies,
  { config, hostId }: { readonly config: Config; readonly hostId: string | null },
): Promise<TornDown> {
  const context: Context = { ...deps, config, hostId, networkIsGone: false, stopSelf: null };
  const problems: Problem[] = [];
  for (const { subject, act, hint = AGAIN } of stepsOf(config)) {
    try {
      problems.push(...(await act(context)));
    } catch (error) {
      problems.push({ subject, what: error instanceof Error ? error.message : String(error), hint });
    }
  }
  return { problems, stopSelf: context.stopSelf };
}

/** Their restart policy would start them again if they only ended. */
async function stopContainers(context: Context): Promise<readonly Problem[]> {
  context.stopSelf = await stopOwnContainers(context.docker);
  return [];
}

async function removeServiceAddress({ run, config, serviceAddress }: Context): Promise<void> {
  const mounts = config.host.root === '/' ? '' : await readFile('/proc/self/mountinfo', 'utf8');
  for (const copy of namespaceCopies(mounts, config.dns.namespace)) await run('umount', [copy]).catch(() => {});
  await serviceAddress.remove();
}

async function removeNetwork(context: Context): Promise<readonly Problem[]> {
  const { docker, config } = context;
  const removed = await withAddressManagement(context, config, () => removeManagedNetwork(docker, config.network.name));
  context.networkIsGone = removed.ok;
  return removed.ok ? [] : [removed.problem];
}

async function release({ networkIsGone, bus, hostId }: Context): Promise<void> {
  if (!networkIsGone || !bus || !hostId) return;
  await releaseSubnets(bus, hostId);
  await forgetRanges(bus);
}

/** While Docker removes a network, it releases its address pool, so the address management must be running. */
async function withAddressManagement<T>(
  deps: Pick<TearDownDependencies, 'docker' | 'clock' | 'log'>,
  config: Config,
  work: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const serving = Promise.withResolvers<void>();
  const part = addressManagementPart(deps, config);
  const life = part(stop.signal, { done: serving.resolve, problems: () => {} }).catch(serving.reject);
  try {
    await serving.promise;
    return await work();
  } finally {
    stop.abort();
    await life;
  }
}

async function removeTunnels(backends: Context['backends']): Promise<void> {
  for (const backend of backends) await backend.remove();
}

async function leave({ bus, hostId }: Context): Promise<void> {
  if (bus === null || hostId === null) return;
  const lease = await bus.join(hostId, AbortSignal.timeout(3_000));
  await lease.close();
}

async function restoreResolvers({ docker, config }: Context): Promise<readonly Problem[]> {
  const root = (await docker.info()).DockerRootDir as string;
  const containers = await inspectAll(docker);
  const { address: resolver, sourceAddress, hostAddress } = config.dns;
  const resolvers = await readHostResolvers([resolver, sourceAddress, hostAddress], config.host);
  const dockerDns = dnsAddresses(await readDockerDns(config.host.root)) ?? [];
  const dnsByPath = new Map(
    containers.flatMap((one): [string, readonly string[]][] => {
      const own = dnsOf(one);
      return one.ResolvConfPath ? [[one.ResolvConfPath, own.length > 0 ? own : dockerDns]] : [];
    }),
  );
  return restoreResolvConfs([...dnsByPath.keys()], root, (path) => {
    const viaDocker = dnsByPath.get(path)?.includes(resolver) ?? false;
    return { resolver, resolvers, viaDocker };
  });
}

async function removeRunFiles(runDir: string): Promise<void> {
  const ends = ['log', 'log.1', 'pid', 'lock', 'next.pid', 'next.lock', 'start'];
  const children = [...SERVER_NAMES, HEALTH_CHILD, LB_CHILD, ...WIREGUARD_SLOTS.map(wireguardChild), IPSEC_CHILD];
  const names = children.flatMap((name) => ends.map((end) => `${name}.${end}`));
  const ofHaproxy = Object.values(haproxyFiles('')).map((path) => basename(path));
  // A killed agent and a killed server leave their sockets.
  const sockets = ['feed.sock', 'control.sock', 'dns.sock'];
  for (const name of [...names, ...ofHaproxy, ...sockets]) await rm(join(runDir, name), { force: true });
  await rm(lbFilesOf({ runDir }).directory, { recursive: true, force: true });
}
