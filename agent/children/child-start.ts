import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../system/index.ts';
import { type ChildRecord, type ChildSpec, launchCommand, prepareRunDir, readRecord } from './child-command.ts';
import type { ChildOutput } from './child-output.ts';

/** How a process exited; `code` null when a signal ended it, or the code is not known. */
export interface End {
  readonly how: string;
  readonly code: number | null;
}

export interface StartedChild {
  /** Its record once it is written; null when the process exited before. */
  readonly recorded: Promise<ChildRecord | null>;
  /** Null when `signal` aborted first. */
  readonly end: Promise<End | null>;
}

export interface StartSettings {
  readonly runDir: string;
  readonly slot: string;
  /** Whether another process of the child serves until this one does. */
  readonly handOver: boolean;
  readonly signal: AbortSignal;
}

/** Starts a child that outlives the agent: in a session of its own, its output in a file. */
export async function startChild(
  { clock, output }: { readonly clock: Clock; readonly output: ChildOutput },
  spec: ChildSpec,
  { runDir, slot, handOver, signal }: StartSettings,
): Promise<StartedChild> {
  await prepareRunDir(runDir);
  const { file, args } = launchCommand(runDir, slot, spec, handOver);
  const { fd, close } = await output.open();
  const child = spawn(file, args, { detached: true, stdio: ['ignore', fd, fd], cwd: '/' });
  close();
  // A running child must not keep the agent's process alive.
  child.unref();
  return { recorded: untilRecorded(clock, child, runDir, slot), end: endOf(child, signal) };
}

async function untilRecorded(
  clock: Clock,
  child: ChildProcess,
  runDir: string,
  slot: string,
): Promise<ChildRecord | null> {
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const record = await readRecord(runDir, slot);
    if (record !== null && record.identity.pid === child.pid) return record;
    await clock.sleep(5);
  }
  return null;
}

function endOf(child: ChildProcess, signal: AbortSignal): Promise<End | null> {
  return once(child, 'exit', { signal }).then(
    ([code, by]: (number | string | null)[]) =>
      by === null ? { how: `exited (${code})`, code: code as number } : { how: `was killed by ${by}`, code: null },
    (error: Error) => (signal.aborted ? null : { how: `cannot be started: ${error.message}`, code: null }),
  );
}
