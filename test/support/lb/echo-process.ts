import { resolve } from 'node:path';
import { startDaemon } from '../daemon.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';

/** Starts `echo-app.ts` as a process on this machine, on a free port; gives the port. */
export async function startEcho(resources: Resources, env: Readonly<Record<string, string>> = {}): Promise<number> {
  const all = { PORT: '0', ON_SIGTERM: 'exit', ...env };
  const app = startDaemon(process.execPath, [resolve(import.meta.dirname, 'echo-app.ts')], { env: all });
  resources.add('echo app', () => app.stop());
  return poll(() => Number(/^listening (\d+)/.exec(app.stdout())?.[1] ?? 0) || null, {
    what: 'the echo app',
    giveUp: app.assertRunning,
  });
}
