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

/** Assigns addresses on the managed network to Docker. Works without Docker and bus, because Docker requests addresses while it starts. */
export function addressManagementPart(
  { docker, ...deps }: { readonly docker: Docker } & Omit<IpamDependencies, 'listUsed' | 'onShortage'>,
  { dataDir, network }: Config,
): Part {
  const { clock, log } = deps;
  const listUsed = listDockerAddresses(docker);
  const shortage = createWakeUp(clock);
  return async (signal, report) => {
    const file = join(dataDir, 'ipam.db');
    const server = await serveIpam(
      { ...deps, listUsed, onShortage: shortage.wake },
      { listen: SOCKET, file, restMs: network.restMs },
    );
    try {
      while (!signal.aborted) {
        await server.reclaim();
        const stranded = await startStranded({ docker, log }).catch(() => null);
        report.done();
        report.problems([...server.problems(), ...(stranded ?? [])]);
        const retriesSoon = stranded === null || server.problems().length > 0;
        await shortage.wait(retriesSoon ? RETRY_MS : INTERVAL_MS, signal);
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
