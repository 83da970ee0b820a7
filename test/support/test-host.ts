import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCommandShells } from '../../system/index.ts';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';

/**
 * A test host: unnamed network and mount namespaces that one process holds and that disappear with it. `/run/docker`, `/run/wireguard`,
 * `/run/netns` and `/run/drover` are private; the rest of the file system is the machine's.
 */
export interface TestHost {
  readonly name: string;
  /** Scratch directory, removed at the end. */
  readonly dir: string;
  /** Process that holds the host's namespaces. */
  readonly holderPid: number;
  /** Runs a command inside to completion and returns its standard output. */
  run(file: string, args: readonly string[], options?: { input?: string; timeoutMs?: number }): Promise<string>;
  /** Starts a daemon inside; stopped with the host. */
  start(file: string, args: readonly string[], options?: DaemonOptions): Daemon;
  /** The command line that runs `file` inside this host, for callers that spawn themselves. */
  enter(file: string, args: readonly string[]): { readonly file: string; readonly args: readonly string[] };
}

const PRIVATE_MOUNTS = ['/run/docker', '/run/netns', '/run/drover', '/run/wireguard'];

export async function createTestHost(resources: Resources, name: string): Promise<TestHost> {
  const dir = await mkdtemp(join(tmpdir(), `drover-${name}-`));
  resources.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  // An existing mount would hide this mount's propagation from Docker, which looks only at the first mount of a path.
  const mounts = PRIVATE_MOUNTS.map(
    (path) => `mkdir -p ${path} && { umount ${path} 2>/dev/null || true; } && mount -t tmpfs tmpfs ${path}`,
  ).join(' && ');
  const holder = startDaemon('unshare', [
    '--net',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    `${mounts} && ip link set lo up && echo ready && exec sleep infinity`,
  ]);
  resources.add(`namespaces of ${name}`, async () => {
    await killInhabitants(holder.pid);
    await holder.stop();
  });
  await poll(() => holder.stdout().includes('ready'), { what: `namespaces of ${name}`, giveUp: holder.assertRunning });

  const enter = (file: string, args: readonly string[]) => ({
    file: 'nsenter',
    args: ['-t', String(holder.pid), '-n', '-m', `--wd=${process.cwd()}`, '--', file, ...args],
  });
  const inside = enter('sh', []);
  const shells = createCommandShells({ shell: [inside.file, ...inside.args] });
  resources.add(`shells of ${name}`, shells.close);
  return {
    name,
    dir,
    holderPid: holder.pid,
    enter,
    run: shells.run,
    start: (file, args, options) => {
      const inside = enter(file, args);
      const daemon = startDaemon(inside.file, inside.args, options);
      resources.add(`${file} on ${name}`, () => daemon.stop());
      return daemon;
    },
  };
}

/** Kills every process that is left in the holder's mount namespace (shims of containers) or network namespace (charon), by process id. */
async function killInhabitants(holderPid: number): Promise<void> {
  const namespacesOf = (pid: number): Promise<readonly (string | null)[]> =>
    Promise.all(['mnt', 'net'].map((kind) => readlink(`/proc/${pid}/ns/${kind}`).catch(() => null)));
  const home = await namespacesOf(holderPid);
  if (home.includes(null)) return;
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === holderPid) continue;
    const own = await namespacesOf(pid);
    if (!own.some((one, index) => one === home[index])) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The process has already exited.
    }
  }
  await sleep(20);
}

/** The device of each host on an Ethernet segment, and the network: the address of host n is `prefix` and n. */
export interface Segment {
  readonly device: string;
  readonly prefix: string;
  readonly bits: number;
}

export const LAN: Segment = { device: 'uplink', prefix: '192.0.2.', bits: 24 };
export const LAN6: Segment = { device: 'uplink', prefix: 'fd00:2::', bits: 64 };

/**
 * Connects hosts to one Ethernet segment (a bridge in a separate namespace): host i has number i + 1.
 * Returns the addresses in the order of the hosts.
 */
export async function connectHosts(
  resources: Resources,
  hosts: readonly TestHost[],
  { device, prefix, bits }: Segment = LAN,
): Promise<readonly string[]> {
  const wire = await createTestHost(resources, 'wire');
  await wire.run('ip', ['link', 'add', 'br0', 'type', 'bridge']);
  await wire.run('ip', ['link', 'set', 'br0', 'up']);
  const addresses: string[] = [];
  for (const [index, host] of hosts.entries()) {
    const address = `${prefix}${index + 1}`;
    const port = `p${index + 1}`;
    await wire.run('ip', [
      'link',
      'add',
      port,
      'type',
      'veth',
      'peer',
      'name',
      device,
      'netns',
      String(host.holderPid),
    ]);
    await wire.run('ip', ['link', 'set', port, 'master', 'br0', 'up']);
    await host.run('ip', ['address', 'add', `${address}/${bits}`, 'dev', device]);
    await host.run('ip', ['link', 'set', device, 'up']);
    addresses.push(address);
  }
  return addresses;
}
