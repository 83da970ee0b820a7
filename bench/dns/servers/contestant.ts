import { Resolver } from 'node:dns/promises';
import type { Daemon } from '../../../test/support/daemon.ts';
import { startDaemon } from '../../../test/support/daemon.ts';
import { poll } from '../../../test/support/poll.ts';
import type { Resources } from '../../../test/support/resources.ts';
import type { BenchRecord, DataSet } from '../../support/data-set.ts';
import { signalFamily } from '../../support/process-cost.ts';
import { SERVER_CORE } from '../generator.ts';
import type { NativePrograms } from '../native.ts';

/** A server of the comparison, identified by its name. */
export interface Contestant {
  readonly name: string;
  /** Starts it with the data set; resolves when it runs, which may be before it answers. */
  start(stage: Stage): Promise<Started>;
  /** Its form of a name, if it cannot serve Drover's suffix. */
  readonly nameOf?: (record: BenchRecord) => string;
  readonly echo?: true;
  /** Names in a client's scope, without suffix. Only existing ones, because others are forwarded. */
  readonly shortNames?: true;
  /** Whether this number of names is too large for it. */
  readonly fewNames?: true;
}

/** Where a server is set up. */
export interface Stage {
  readonly resources: Resources;
  readonly set: DataSet;
  readonly records: readonly BenchRecord[];
  /** Directory of this server. */
  readonly dir: string;
  readonly port: number;
  readonly programs: NativePrograms;
}

export interface Started {
  readonly daemon: Daemon;
}

/** Starts a program on the server's core, with priority over other programs there. */
export function startOnServerCore(
  { resources, port }: Stage,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const daemon = startDaemon('nice', ['-n', '-20', 'taskset', '-c', String(SERVER_CORE), file, ...args], { env });
  resources.add(`${file} on port ${port}`, () => {
    if (!daemon.exited()) signalFamily(daemon.pid, 'SIGCONT');
    return daemon.stop();
  });
  return { daemon };
}

/** Debian's programs that were unpacked for the comparison, with their libraries. */
export function startUnpacked(stage: Stage, program: string, args: readonly string[]): Started {
  return startOnServerCore(stage, '.tools/peers/start', [program, ...args]);
}

/** Waits until a name has all its addresses. */
export async function untilAnswers(port: number, name: string, addresses: number, daemon: Daemon): Promise<void> {
  const ask = async (): Promise<boolean> => {
    const resolver = new Resolver({ timeout: 250, tries: 1 });
    resolver.setServers([`127.0.0.1:${port}`]);
    return (await resolver.resolve4(name)).length >= addresses;
  };
  await poll(ask, {
    what: `${name} on port ${port}`,
    timeoutMs: 60_000,
    intervalMs: 5,
    giveUp: daemon.assertRunning,
  });
}
