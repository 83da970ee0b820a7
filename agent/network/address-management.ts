import { join } from 'node:path';
import type Docker from 'dockerode';
import {
  type IpamDependencies,
  listDockerAddresses,
  type PortGuard,
  serveIpam,
  startStranded,
} from '../../overlay/index.ts';
import { createWakeUp } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';

/** Docker finds plugins in this directory; the name of the file is the name of the driver. */
const SOCKET = '/run/docker/plugins/drover.sock';
const INTERVAL_MS = 60_000;
/** While Docker does not respond, or containers wait for an address. */
const RETRY_MS = 5_000;
/** Docker starts a container, or gives it up, a moment after it has received the address or none. */
const SETTLE_MS = 1_000;

/** Assigns addresses on the managed network to Docker. Works without Docker and bus, because Docker requests addresses while it starts. */
export function addressManagementPart(
  { docker, vacate, ...deps }: { readonly docker: Docker } & Omit<IpamDependencies, 'listUsed' | 'onShortage'>,
  { dataDir, network }: Config,
): Part {
  const { clock, log } = deps;
  const listUsed = listDockerAddresses(docker);
  const changes = createWakeUp(clock);
  return async (signal, report) => {
    const file = join(dataDir, 'ipam.db');
    let isAnyStranded = false;
    const leased = async (address: string): Promise<void> => {
      await vacate?.(address);
      // It may be for a container that an operator has started.
      if (isAnyStranded) changes.wake();
    };
    const server = await serveIpam(
      { ...deps, listUsed, vacate: leased, onShortage: changes.wake },
      { listen: SOCKET, file, restMs: network.restMs },
    );
    try {
      while (!signal.aborted) {
        await server.reclaim();
        const stranded = await startStranded({ docker, log }).catch(() => null);
        isAnyStranded = stranded !== null && stranded.length > 0;
        report.done();
        report.problems([...server.problems(), ...(stranded ?? [])]);
        const retriesSoon = stranded === null || server.problems().length > 0;
        await changes.wait(retriesSoon ? RETRY_MS : INTERVAL_MS, signal);
        await changes.pause(SETTLE_MS, signal);
      }
    } finally {
      await server.close();
    }
  };
}

/** The part of this host; none if the managed network is disabled. */
export function addressParts(
  { guard, ...deps }: AgentDependencies & { readonly docker: Docker; readonly guard: Pick<PortGuard, 'vacate'> },
  config: Config,
): Readonly<Record<string, Part>> {
  if (!config.network.enabled) return {};
  const vacating = config.network.guard ? { vacate: guard.vacate } : {};
  return { 'address management': addressManagementPart({ ...deps, ...vacating }, config) };
}
