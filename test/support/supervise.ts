/**
 * Runs only a supervisor, as a separate process, until SIGTERM. A new process of the child NAME counts as ready after it has run for
 * a moment, and not while there is a file NAME.hold in the run directory.
 *
 *   node supervise.ts RUN_DIR SPECS_AS_JSON
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSupervisor, defaultSupervisorSettings } from '../../agent/children/supervisor.ts';
import { createLog, systemClock } from '../../system/index.ts';

const [runDir = '', specs = '[]'] = process.argv.slice(2);
const log = createLog('supervise', { level: 'info', format: 'json' });
const ready = async (name: string, _pid: number, signal: AbortSignal): Promise<void> => {
  do await systemClock.sleep(300, signal);
  while (existsSync(join(runDir, `${name}.hold`)));
};
const supervisor = createSupervisor({ clock: systemClock, log, ready }, JSON.parse(specs), {
  ...defaultSupervisorSettings,
  runDir,
  retry: { minMs: 50, maxMs: 400 },
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const report = setInterval(() => console.log(`status ${JSON.stringify(supervisor.status())}`), 20);
await supervisor.run(stop.signal);
clearInterval(report);
