/**
 * Runs only a supervisor, as a separate process, until SIGTERM.
 *
 *   node supervise.ts RUN_DIR SPECS_AS_JSON
 */
import { createSupervisor, defaultSupervisorSettings } from '../../agent/children/supervisor.ts';
import { createLog, systemClock } from '../../system/index.ts';

const [runDir = '', specs = '[]'] = process.argv.slice(2);
const log = createLog('supervise', { level: 'info', format: 'json' });
// A test program counts as ready after it has run for a moment.
const ready = (_name: string, _pid: number, signal: AbortSignal) => systemClock.sleep(300, signal);
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
