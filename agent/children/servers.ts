import { stat } from 'node:fs/promises';
import type { ServiceAddress } from '../../overlay/index.ts';
import type { FeedServer } from '../../state/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import { VERSION } from '../config/version.ts';
import type { ChildSpec } from './child-command.ts';
import { SERVER_NAMES, SERVERS, type ServerName } from './server-table.ts';
import { createSupervisor, defaultSupervisorSettings, type Supervisor } from './supervisor.ts';

const NAMESPACE_INTERVAL_MS = 1_000;

/** How to start this program with another command, such as `drover dns`. */
export type Program = (command: ServerName) => { readonly file: string; readonly args: readonly string[] };

export interface ServersDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly serviceAddress: Pick<ServiceAddress, 'enterCommand'>;
  /** The processes connected to the feed; null: there is no feed, and no readiness to wait for. */
  readonly peers: FeedServer['peers'] | null;
}

/** The processes that containers send requests to, in the network namespace of the service address. */
export function createServers(
  { clock, log, serviceAddress, peers }: ServersDependencies,
  { config, program }: { readonly config: Config; readonly program: Program },
): Supervisor {
  const specs = SERVER_NAMES.map((name): ChildSpec => {
    const { section, args: more, handOver } = SERVERS[name];
    const { file, args } = program(name);
    const version = `${VERSION} ${JSON.stringify([config.environment, config.suffixes, section(config), config.log])}`;
    const handOverArgs = handOver.args ? { handOverArgs: handOver.args } : {};
    return { name, ...serviceAddress.enterCommand(file, [...args, ...more]), version, ...handOverArgs };
  });
  const isReady = (name: string, pid: number): boolean => {
    const { readyWhen } = SERVERS[name as ServerName].handOver;
    return peers?.().some((peer) => peer.role === name && peer.pid === pid && saysTrue(peer.report, readyWhen)) ?? true;
  };
  const ready = async (name: string, pid: number, signal: AbortSignal): Promise<void> => {
    while (!isReady(name, pid)) await clock.sleep(10, signal);
  };
  return createSupervisor({ clock, log, ready }, specs, { ...defaultSupervisorSettings, runDir: config.runDir });
}

/** Whether the report says that the sockets of the process are bound. */
export function isServing(report: unknown): boolean {
  return saysTrue(report, 'serving');
}

function saysTrue(report: unknown, key: string): boolean {
  return typeof report === 'object' && report !== null && (report as Record<string, unknown>)[key] === true;
}

/** Until aborted: restarts servers whose network namespace was deleted and made again. */
export async function watchNamespace(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  supervisor: Supervisor,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(NAMESPACE_INTERVAL_MS, signal).catch(() => {});
    for (const name of await strandedIn(supervisor, namespace)) {
      log.warn({ child: name, namespace }, 'restarting a child: its network namespace was replaced');
      await supervisor.restart(name);
    }
  }
}

async function strandedIn(supervisor: Supervisor, namespace: string): Promise<readonly string[]> {
  const home = await stat(`/run/netns/${namespace}`).catch(() => null);
  const running = supervisor.status().filter(({ state, pid }) => state === 'running' && pid !== null);
  const namespaces = await Promise.all(running.map(({ pid }) => stat(`/proc/${pid}/ns/net`).catch(() => null)));
  return running
    .filter((_, index) => home && namespaces[index] && namespaces[index].ino !== home.ino)
    .map(({ name }) => name);
}
