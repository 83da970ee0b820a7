import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from '../../test/support/daemon.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { signalFamily } from '../support/process-cost.ts';
import { answersText, FIRST_VERSION } from './answers.ts';

/** One of the two cores belongs to the server, the other to all other processes. */
export const SERVER_CORE = 1;

/** A server with the same answers file, stopped (SIGSTOP) until its turn. */
export interface Peer {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Writes another version into the file and reloads it. */
  change(): Promise<string>;
  awake<T>(work: () => Promise<T>): Promise<T>;
}

export interface PeerProgram {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** Drover, and the original if its binary is given. */
export function peerPrograms(original: string | undefined): readonly PeerProgram[] {
  return [
    { name: 'Drover', file: 'bin/drover', args: ['metadata'] },
    ...(original ? [{ name: 'rancher-metadata', file: original, args: [] }] : []),
  ];
}

/** Starts the servers one after the other, each with its own copy of the file. Rejects when one does not answer. */
export async function startPeers(
  resources: Resources,
  dir: string,
  programs: readonly PeerProgram[],
): Promise<readonly Peer[]> {
  const peers: Peer[] = [];
  for (const [at, program] of programs.entries())
    peers.push(await startPeer(resources, join(dir, String(at)), program, 5_700 + at));
  return peers;
}

async function startPeer(resources: Resources, dir: string, program: PeerProgram, port: number): Promise<Peer> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'answers.json');
  const text = answersText();
  await writeFile(path, text);
  const reload = port + 1_000;
  const flags = ['--listen', `127.0.0.1:${port}`, '--listenReload', `127.0.0.1:${reload}`, '--answers', path];
  const pinned = ['-n', '-20', 'taskset', '-c', String(SERVER_CORE), program.file, ...program.args, ...flags];
  const daemon = startDaemon('nice', pinned, { env: { GOMAXPROCS: '1' } });
  resources.add(program.name, () => {
    if (!daemon.exited()) signalFamily(daemon.pid, 'SIGCONT');
    return daemon.stop();
  });
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/latest/version`)
      .then((reply) => reply.text())
      .catch(() => '');
  await poll(async () => (await answers()) === FIRST_VERSION, {
    what: program.name,
    timeoutMs: 60_000,
    giveUp: daemon.assertRunning,
  });
  signalFamily(daemon.pid, 'SIGSTOP');
  let changes = 0;
  return {
    name: program.name,
    pid: daemon.pid,
    port,
    change: async () => {
      changes += 1;
      const version = `version-${String(changes).padStart(6, '0')}`;
      await writeFile(`${path}.new`, text.replace(FIRST_VERSION, version));
      await rename(`${path}.new`, path);
      const reply = await fetch(`http://127.0.0.1:${reload}/v1/reload`, { method: 'POST' });
      if (!reply.ok) throw new Error(`${program.name}: reload: ${reply.status} ${await reply.text()}`);
      return version;
    },
    awake: async (work) => {
      signalFamily(daemon.pid, 'SIGCONT');
      try {
        return await work();
      } finally {
        signalFamily(daemon.pid, 'SIGSTOP');
      }
    },
  };
}
