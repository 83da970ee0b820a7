import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { type AgentStatus, askAgent } from '../../agent/index.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import type { Engine } from './engine.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import type { TestHost } from './test-host.ts';

export interface AgentOptions {
  /** Further configuration, in the shape of the file. Its sections are merged one level deep. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** `control`: return as soon as the control socket answers. Default: when Docker is connected and the servers serve. */
  readonly until?: 'ready' | 'control';
  /** Another `drover` than that of this checkout. */
  readonly program?: string;
}

export interface DroverResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An agent on a test host, with its `dns` and `metadata`. */
export interface RunningAgent {
  /** The current process; changes with `start()`. */
  readonly daemon: Daemon;
  readonly configPath: string;
  readonly dataDir: string;
  readonly runDir: string;
  /** Runs `drover ARGS` on the host, with the agent's configuration. Never rejects for an exit code. */
  drover(args: readonly string[], input?: string): Promise<DroverResult>;
  /** The result of `GET /v1/status`; rejects while the agent is not running. */
  status(): Promise<AgentStatus>;
  /** Stops only the agent's process and waits for its end; default SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again. */
  start(until?: 'ready' | 'control'): Promise<void>;
  /** Starts the program of this checkout instead, on what the other one left. */
  upgrade(): Promise<void>;
}

const PROGRAM = resolve('bin/drover');

/** Starts `drover agent` on a host; `engine` null: without Docker. Everything it creates is removed with the host. */
export async function startAgent(
  resources: Resources,
  host: TestHost,
  engine: Pick<Engine, 'socketPath'> | null,
  options: AgentOptions = {},
): Promise<RunningAgent> {
  const dir = join(host.dir, 'drover');
  const paths = { dataDir: join(dir, 'data'), runDir: join(dir, 'run'), manifestsDir: join(dir, 'manifests') };
  await mkdir(paths.manifestsDir, { recursive: true });
  const configPath = join(dir, 'drover.yaml');
  const socket = engine?.socketPath ?? join(host.dir, 'no-docker.sock');
  // Another version may not know the option.
  const network = options.program === undefined ? { backend: 'direct' } : {};
  const base = { ...paths, docker: { socket }, log: { format: 'json' }, network };
  await writeFile(configPath, JSON.stringify(merge(base, options.config ?? {})));

  let { program = PROGRAM } = options;
  let daemon: Daemon;
  // Once for all its starts: what is removed before the agent stops is also removed before a restarted one stops.
  resources.add(`agent of ${host.name}`, () => daemon.stop());
  const status = async (): Promise<AgentStatus> => {
    const reply = await askAgent(join(paths.runDir, 'control.sock'), { method: 'GET', path: '/v1/status' });
    if (reply.kind !== 'answer') throw new Error(`no status: ${JSON.stringify(reply)}`);
    return reply.body as AgentStatus;
  };
  const start = async (until: 'ready' | 'control' = 'ready'): Promise<void> => {
    const inside = host.enter(program, ['agent', '--config', configPath]);
    daemon = startDaemon(inside.file, inside.args);
    await poll(async () => (until === 'control' ? await status() : isReady(await status(), options)), {
      what: `agent of ${host.name} (${until})`,
      timeoutMs: 30_000,
      giveUp: daemon.assertRunning,
    }).catch((cause: Error) => {
      throw new Error(`${cause.message}:\n${daemon.output().slice(-4000)}`, { cause });
    });
  };
  await start(options.until);

  return {
    get daemon() {
      return daemon;
    },
    configPath,
    dataDir: paths.dataDir,
    runDir: paths.runDir,
    drover: async ([command = 'help', ...args], input = '') => {
      const { file, args: all } = host.enter(program, [command, ...args, '--config', configPath]);
      const { exitCode, stdout, stderr } = await execa(file, [...all], { reject: false, input, timeout: 60_000 });
      return { exitCode: exitCode ?? -1, stdout, stderr };
    },
    status,
    stop: async (signal = 'SIGTERM') => {
      daemon.signal(signal);
      await daemon.exit;
    },
    start,
    upgrade: async () => {
      program = PROGRAM;
      await start();
    },
  };
}

function isReady({ docker, processes, parts, state }: AgentStatus, { config }: AgentOptions): boolean {
  const wantsNetwork = (config?.network as { enabled?: boolean } | undefined)?.enabled !== false;
  const network = parts.find(({ name }) => name === 'managed network');
  return (
    docker.connected &&
    state.complete &&
    processes.length === 2 &&
    processes.every(({ serving, appliedRevision }) => serving && appliedRevision !== null) &&
    processes.every(({ child }) => child === null || child.state === 'running') &&
    (!wantsNetwork || (network?.lastAppliedAtMs ?? null) !== null)
  );
}

function merge(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isSection(before) && isSection(value) ? { ...before, ...value } : value;
  }
  return merged;
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
