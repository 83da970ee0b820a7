import type { Clock } from '../../system/index.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

/** Sends SIGTERM, after the timeout SIGKILL. Resolves once exactly this process has exited, at once if it already has. */
export async function endProcess(clock: Clock, identity: ProcessIdentity, timeoutMs: number): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  let sent: NodeJS.Signals | null = null;
  while (await isRunning(identity)) {
    const due: NodeJS.Signals = clock.monotonic() > deadline ? 'SIGKILL' : 'SIGTERM';
    if (due !== sent) kill(identity.pid, due);
    sent = due;
    await clock.sleep(10);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just exited.
  }
}
