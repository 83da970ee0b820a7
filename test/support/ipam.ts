import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Daemon } from './daemon.ts';
import type { Engine } from './engine.ts';
import { poll } from './poll.ts';
import type { TestHost } from './test-host.ts';

/** The program of the driver process; arguments: SOCKET DATABASE DOCKER_SOCKET SETTINGS. */
export const IPAM_PROGRAM = fileURLToPath(new URL('./ipam-process.ts', import.meta.url));
const SOCKET = '/run/docker/plugins/drover.sock';

/** Starts the IPAM driver of a test host; its data is kept, so a second start is a restart. */
export async function startIpam(host: TestHost, engine: Pick<Engine, 'socketPath'>, settings = {}): Promise<Daemon> {
  const args = [IPAM_PROGRAM, SOCKET, join(host.dir, 'ipam.db'), engine.socketPath, JSON.stringify(settings)];
  const daemon = host.start(process.execPath, args);
  await poll(() => daemon.stdout().includes('ready'), { what: 'the IPAM driver', giveUp: daemon.assertRunning });
  return daemon;
}
