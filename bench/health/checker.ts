/**
 * A process that checks 2,000 targets on loopback: `node bench/health/checker.ts DIRECTORY PORT tcp|http`. After SIGUSR2 it gets one with
 * another kind of check, and prints what that costs.
 */
import Docker from 'dockerode';
import { createSupervisor, defaultSupervisorSettings } from '../../agent/children/supervisor.ts';
import { createChecker, haproxyCommand, haproxyFiles, type Target } from '../../healthcheck/index.ts';
import { defaultHealthCheck } from '../../model/index.ts';
import { systemClock as clock, createLog, runCommand } from '../../system/index.ts';

const [dir = '', port = '', kind = ''] = process.argv.slice(2);
const TARGETS = 2_000;
/** Longer than an interval. */
const RESTART_WINDOW_MS = 5_000;
const command = [new URL('../../test/support/haproxy', import.meta.url).pathname];
const files = haproxyFiles(dir);
const log = createLog('bench', { level: 'silent', format: 'json' });
const [file = '', ...args] = haproxyCommand({ command, files });
const supervisor = createSupervisor({ clock, log }, [{ name: 'haproxy', file, args, version: '1' }], {
  ...defaultSupervisorSettings,
  runDir: dir,
});
const haproxy = {
  run: supervisor.run,
  restart: () => supervisor.restart('haproxy'),
  lastEnd: () => supervisor.status()[0]?.lastEnd ?? null,
};
const stop = new AbortController();
const checker = createChecker(
  { clock, log, runCommand, haproxy, docker: new Docker() },
  { command, files, hostId: 'a' },
);
const life = checker.run(stop.signal);
const begin = performance.now();
const targets = Array.from({ length: TARGETS }, (_, number) => target(number));
checker.setTargets(targets);
while ([...checker.votes().values()].filter(({ up }) => up).length < TARGETS) await clock.sleep(10);
const allVotesMs = Math.round(performance.now() - begin);
console.log(JSON.stringify({ haproxy: supervisor.status()[0]?.pid, allVotesMs }));
process.once('SIGUSR2', async () => {
  const cpu = process.cpuUsage();
  const addedAtMs = performance.now();
  const last = target(TARGETS);
  checker.setTargets([...targets, { ...last, check: { ...last.check, responseTimeoutMs: 1_234 } }]);
  while (!checker.votes().has(last.containerId)) await clock.sleep(5);
  const firstResultMs = Math.round(performance.now() - addedAtMs);
  await clock.sleep(RESTART_WINDOW_MS);
  const { user, system } = process.cpuUsage(cpu);
  const ownCpuMs = Math.round((user + system) / 1_000);
  console.log(JSON.stringify({ firstResultMs, ownCpuMs, haproxy: supervisor.status()[0]?.pid }));
});
process.once('SIGTERM', async () => {
  stop.abort();
  await life;
  await supervisor.stop();
});

function target(number: number): Target {
  const requestLine = kind === 'http' ? 'GET "/" "HTTP/1.0"' : null;
  const containerId = number.toString(16).padStart(64, '0');
  const address = `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  const check = { ...defaultHealthCheck, requestLine };
  return { hostId: 'a', containerId, startedAtMs: 1, address, port: Number(port), check, voters: ['a'] };
}
