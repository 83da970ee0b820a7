import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Bus } from '../../bus/index.ts';
import type { Problem } from '../../model/index.ts';
import {
  forgetRanges,
  type ManagedRouting,
  type PortGuard,
  releaseSubnets,
  removeManagedNetwork,
  type ServiceAddress,
} from '../../overlay/index.ts';
import { restoreResolvConfs } from '../../resolv-conf/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { SERVER_NAMES } from '../children/server-table.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { Config } from '../config/config.ts';
import { addressManagementPart } from '../network/address-management.ts';

export interface TearDownDependencies {
  readonly docker: Docker;
  /** Null when it cannot be opened. */
  readonly bus: Bus | null;
  readonly supervisor: Supervisor;
  readonly serviceAddress: Pick<ServiceAddress, 'remove'>;
  readonly routing: Pick<ManagedRouting, 'remove'>;
  readonly guard: Pick<PortGuard, 'remove'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Step {
  readonly subject: string;
  readonly hint: string;
  readonly act: () => Promise<readonly Problem[]>;
}

/**
 * Removes everything that Drover made on this host, and removes the host from the bus. The parts of the agent must have
 * stopped before. Continues after a failure and returns what failed. The data directory stays. Idempotent.
 */
export async function tearDown(
  deps: TearDownDependencies,
  settings: { readonly config: Config; readonly hostId: string | null },
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { subject, hint, act } of steps(deps, settings)) {
    try {
      problems.push(...(await act()));
    } catch (error) {
      problems.push({ subject, what: error instanceof Error ? error.message : String(error), hint });
    }
  }
  return problems;
}

function steps(
  deps: TearDownDependencies,
  { config, hostId }: { readonly config: Config; readonly hostId: string | null },
): readonly Step[] {
  const { docker, bus } = deps;
  const again = "fix the cause above, then run 'drover down' again";
  const step = (subject: string, act: () => Promise<readonly Problem[]>, hint = again): Step => ({
    subject,
    hint,
    act,
  });
  const clean = async (work: Promise<void>): Promise<readonly Problem[]> => work.then(() => []);
  const release = async (): Promise<void> => {
    if (!networkIsGone || !bus || !hostId) return;
    await releaseSubnets(bus, hostId);
    await forgetRanges(bus);
  };
  let networkIsGone = false;
  const network = [
    step(`network ${config.network.name}`, async () => {
      const removed = await withAddressManagement(deps, config, () =>
        removeManagedNetwork(docker, config.network.name),
      );
      networkIsGone = removed.ok;
      return removed.ok ? [] : [removed.problem];
    }),
    step('subnet of the managed network', () => clean(release())),
    step('routes and rules of the managed network', () => clean(deps.routing.remove())),
  ];
  return [
    step('resolv.conf of containers', () => restoreResolvers(docker)),
    step('port guard', () => clean(deps.guard.remove())),
    ...(config.network.enabled ? network : []),
    step('bus lease of this host', () => clean(leave(bus, hostId)), 'no action needed: the lease expires'),
    step(SERVER_NAMES.join(' and '), () => clean(deps.supervisor.stop())),
    step('service address', () => clean(deps.serviceAddress.remove())),
    step('run directory', () => clean(removeRunFiles(config.runDir))),
  ];
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

async function leave(bus: Bus | null, hostId: string | null): Promise<void> {
  if (bus === null || hostId === null) return;
  const lease = await bus.join(hostId, AbortSignal.timeout(3_000));
  await lease.close();
}

async function restoreResolvers(docker: Docker): Promise<readonly Problem[]> {
  const root = (await docker.info()).DockerRootDir as string;
  const containers = await docker.listContainers({ all: true });
  const inspected = await Promise.all(
    containers.map(({ Id }) =>
      docker
        .getContainer(Id)
        .inspect()
        .catch(() => null),
    ),
  );
  const paths = inspected.flatMap((one) => (one?.ResolvConfPath ? [one.ResolvConfPath] : []));
  return restoreResolvConfs(paths, root);
}

async function removeRunFiles(runDir: string): Promise<void> {
  const ends = ['log', 'log.1', 'pid', 'lock', 'next.pid', 'next.lock'];
  const names = SERVER_NAMES.flatMap((name) => ends.map((end) => `${name}.${end}`));
  for (const name of [...names, 'feed.sock']) await rm(join(runDir, name), { force: true });
}
