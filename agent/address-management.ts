import { join } from 'node:path';
import type Docker from 'dockerode';
import { listDockerAddresses, serveIpam, startStranded } from '../overlay/index.ts';
import type { Clock, Log } from '../system/index.ts';
import type { Config } from './config.ts';
import type { Part } from './parts.ts';

/** Where Docker looks for plugins; the file's name is the driver's. */
const SOCKET = '/run/docker/plugins/drover.sock';
const INTERVAL_MS = 60_000;

/** Docker's source of addresses for the managed network. Needs nobody: Docker asks it while it starts. */
export function addressManagementPart(
  { docker, clock, log }: { readonly docker: Docker; readonly clock: Clock; readonly log: Log },
  { dataDir, network }: Config,
): Part {
  const listUsed = listDockerAddresses(docker);
  return async (signal, report) => {
    const file = join(dataDir, 'ipam.db');
    const server = await serveIpam({ clock, log, listUsed }, { listen: SOCKET, file, restMs: network.restMs });
    try {
      while (!signal.aborted) {
        await server.reclaim();
        // Docker away: there is nobody to start anything.
        const stranded = await startStranded({ docker, log }, { network: network.name, socketPath: SOCKET }).catch(
          () => [],
        );
        report.done();
        report.problems(stranded);
        await clock.sleep(INTERVAL_MS, signal);
      }
    } finally {
      await server.close();
    }
  };
}
