import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { identify } from '../../agent/children/process-identity.ts';
import type { Daemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import type { TestHost } from './test-host.ts';

export interface EngineOptions {
  /** Default: the engine's own choice, 172.17.0.1/16. */
  readonly bip?: string;
  /** The daemon's `dns` setting. */
  readonly dns?: readonly string[];
  readonly extraArgs?: readonly string[];
  /** Program to run, default `dockerd`. */
  readonly program?: string;
}

/** A real Docker Engine inside a test host, with its own data directory and socket. */
export interface Engine {
  readonly socketPath: string;
  readonly docker: Docker;
  readonly daemon: () => Daemon;
  /** Ends the daemon with a signal (default SIGTERM) and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Creates the image `drover-busybox` from the machine's static busybox; returns the tag. */
  buildBusybox(): Promise<string>;
  /** `docker run -d` with the raw create options; returns the container. */
  run(name: string, options?: Docker.ContainerCreateOptions): Promise<Docker.Container>;
  /** `docker exec` to completion: exit code, and both outputs combined. */
  exec(container: string, command: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }>;
}

/** Removes every container of an engine, running or not. */
export async function removeContainers({ docker }: Pick<Engine, 'docker'>): Promise<void> {
  const containers = await docker.listContainers({ all: true });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
}

export const BUSYBOX_IMAGE = 'drover-busybox:latest';

export async function startEngine(resources: Resources, host: TestHost, options: EngineOptions = {}): Promise<Engine> {
  const dir = join(host.dir, 'engine');
  await mkdir(dir, { recursive: true });
  const socketPath = join(dir, 'docker.sock');
  const docker = new Docker({ socketPath });
  const args = [
    '--data-root',
    join(dir, 'data'),
    '--exec-root',
    join(dir, 'exec'),
    '-H',
    `unix://${socketPath}`,
    '-p',
    join(dir, 'docker.pid'),
    '--storage-driver',
    'overlay2',
    ...(options.bip ? ['--bip', options.bip] : []),
    ...(options.dns ?? []).flatMap((address) => ['--dns', address]),
    ...(options.extraArgs ?? []),
  ];
  let daemon: Daemon;
  const start = async (): Promise<void> => {
    // containerd writes its stacks into TMPDIR when dockerd waits for it in vain.
    daemon = host.start(options.program ?? 'dockerd', args, { stopTimeoutMs: 15_000, env: { TMPDIR: dir } });
    await poll(() => docker.ping(), {
      what: `Docker Engine of ${host.name}`,
      timeoutMs: 30_000,
      giveUp: daemon.assertRunning,
    });
  };
  await start();
  resources.add(`containers of ${host.name}`, async () => {
    if (daemon.exited()) await start();
    await removeContainers({ docker });
    await daemon.stop();
  });

  return {
    socketPath,
    docker,
    daemon: () => daemon,
    stop: async (signal = 'SIGTERM') => {
      daemon.signal(signal);
      await daemon.exit;
      await containerdEnded(join(dir, 'exec'));
    },
    start,
    buildBusybox: () => buildBusybox(docker, join(dir, 'busybox')),
    run: async (name, create = {}) => {
      const container = await docker.createContainer({ name, Image: BUSYBOX_IMAGE, ...create });
      await container.start();
      return container;
    },
    exec: (container, command) => execIn(docker, container, command),
  };
}

/** After a SIGKILL containerd exits a moment later. A dockerd that starts before that waits for it in vain. */
async function containerdEnded(execRoot: string): Promise<void> {
  const pidFile = join(execRoot, 'containerd/containerd.pid');
  const pid = await readFile(pidFile, 'utf8').catch(() => null);
  if (pid === null) return;
  // If PID 1 does not reap, the process stays as a zombie, which identify() ignores.
  await poll(async () => (await identify(Number(pid))) === null, { what: `containerd ${pid.trim()} to end` });
  // dockerd takes a zombie for a running containerd and waits for it in vain.
  await rm(pidFile, { force: true });
}

const APPLETS = [
  'sh', 'ls', 'cat', 'sleep', 'nslookup', 'wget', 'httpd', 'ip', 'ping', 'ps', 'echo', 'hostname', 'nc', 'env', 'printf',
  'mkdir', 'date', 'true', 'false', 'kill', 'grep', 'head', 'seq', 'test', 'touch', 'rm', 'sed', 'awk', 'sort', 'uniq', 'cut', 'tr', 'wc', 'udhcpc', 'udpsvd', 'tcpsvd',
]; // biome-ignore format: a list

async function buildBusybox(docker: Docker, dir: string): Promise<string> {
  await mkdir(join(dir, 'bin'), { recursive: true });
  await mkdir(join(dir, 'www'), { recursive: true });
  await mkdir(join(dir, 'tmp'), { recursive: true });
  await copyFile('/bin/busybox', join(dir, 'bin/busybox'));
  for (const applet of APPLETS) await symlink('busybox', join(dir, 'bin', applet));
  await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY . /\nCMD ["/bin/sleep", "1000000"]\n');
  const tar = execFileSync('tar', ['-C', dir, '-c', '.'], { maxBuffer: 64 << 20 });
  const { Readable } = await import('node:stream');
  const stream = await docker.buildImage(Readable.from([tar]), { t: BUSYBOX_IMAGE });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, events) => {
      const failed = (events as { error?: string }[] | undefined)?.find((event) => event.error);
      if (error) reject(error);
      else if (failed) reject(new Error(failed.error));
      else resolve();
    });
  });
  return BUSYBOX_IMAGE;
}

async function execIn(docker: Docker, container: string, command: readonly string[]) {
  const exec = await docker
    .getContainer(container)
    .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, output: Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n') };
}
