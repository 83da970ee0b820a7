import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { limited } from '../../system/index.ts';
import { firstLine } from './command-output.ts';
import { killProcess } from './kill-process.ts';
import { readOutput } from './read-output.ts';

export interface Command {
  readonly containerId: string;
  /** Program and arguments. */
  readonly words: readonly string[];
  readonly timeoutMs: number;
}

/** `leftId`: Docker's id of a command that may still run. */
export type CommandResult =
  | { readonly kind: 'exit'; readonly code: number; readonly line: string; readonly leftId: null }
  /** It was ended, because of its time or its output. */
  | { readonly kind: 'ended'; readonly why: string; readonly leftId: string | null }
  /** There is no result: the container does not run (`isDocker` is false), or Docker does not work. */
  | { readonly kind: 'none'; readonly why: string; readonly isDocker: boolean; readonly leftId: string | null };

/** Runs commands in containers of this host. Its calls never reject. */
export interface CommandRunner {
  /** When `signal` aborts, the command is ended. */
  run(command: Command, signal: AbortSignal): Promise<CommandResult>;
  /** Tries to end a command that may still run. Whether it has ended. */
  end(containerId: string, id: string): Promise<boolean>;
}

type Exec = Pick<Docker.Exec, 'id' | 'start' | 'inspect'>;

/** Of requests that Docker answers at once. */
const REQUEST_MS = 10_000;
/** How long the end of a killed process may take. */
const KILL_MS = 1_000;
const LOOK_INTERVAL_MS = 20;

export function createCommandRunner(docker: Pick<Docker, 'getContainer' | 'getExec'>): CommandRunner {
  return {
    run: async (command, signal) => {
      const options = { Cmd: [...command.words], AttachStdout: true, AttachStderr: true };
      try {
        const container = docker.getContainer(command.containerId);
        const exec = await asked((abortSignal) => container.exec({ ...options, abortSignal }), signal);
        return await follow(exec, command, signal).catch((error: unknown) => didNotRun(error, exec.id));
      } catch (error) {
        return didNotRun(error, null);
      }
    },
    end: (containerId, id) => end(docker.getExec(id), containerId),
  };
}

const asked = <T>(call: (abortSignal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  limited({ timeoutMs: REQUEST_MS, who: 'Docker', ...(signal && { signal }) }, call);

async function follow(exec: Exec, { containerId, timeoutMs }: Command, signal: AbortSignal): Promise<CommandResult> {
  const stream = await asked((abortSignal) => exec.start({ abortSignal }), signal);
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const { output, isTooLong } = await readOutput(stream, until);
  // A process that it has started may keep the output open after the command has exited.
  const state = isTooLong ? null : await stateAfter(exec, until);
  if (state?.Running === false) {
    const line = firstLine(output);
    // Docker writes why it did not start the command.
    if (state.ExitCode === null) return { kind: 'none', why: line, isDocker: false, leftId: null };
    return { kind: 'exit', code: state.ExitCode, line, leftId: null };
  }
  const why = isTooLong ? 'too much output' : `no exit within ${timeoutMs} ms`;
  return { kind: 'ended', why, leftId: (await end(exec, containerId)) ? null : exec.id };
}

/** Docker knows the exit a moment after the output has ended. */
async function stateAfter(exec: Exec, until: AbortSignal): Promise<Docker.ExecInspectInfo> {
  for (;;) {
    const state = await asked((abortSignal) => exec.inspect({ abortSignal }));
    if (!state.Running || until.aborted) return state;
    await sleep(LOOK_INTERVAL_MS);
  }
}

/** Docker has no request that ends a command: its process is killed as what it is, one of this host. */
async function end(exec: Exec, containerId: string): Promise<boolean> {
  const until = AbortSignal.timeout(KILL_MS);
  try {
    for (;;) {
      const { Running, Pid } = await asked((abortSignal) => exec.inspect({ abortSignal }));
      if (!Running) return true;
      if (until.aborted) return false;
      // Docker tells the process id a moment after the start.
      await killProcess(Pid, containerId);
      await sleep(LOOK_INTERVAL_MS);
    }
  } catch (error) {
    return statusOf(error) === 404;
  }
}

/** The state of a container says that it is gone, stopped or paused: no problem of Docker. */
function didNotRun(error: unknown, leftId: string | null): CommandResult {
  const why = error instanceof Error ? error.message.trim() : String(error);
  return { kind: 'none', why, isDocker: ![404, 409].includes(statusOf(error)), leftId };
}

function statusOf(error: unknown): number {
  return (error as { statusCode?: number }).statusCode ?? 0;
}
