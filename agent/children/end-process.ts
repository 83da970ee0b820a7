import type { Clock } from '../../system/index.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

/** SIGTERM, after the time limit SIGKILL; resolves when exactly this process is gone. One that is gone already is fine. */
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
    // It has just ended.
  }
}
