/**
 * `npm run bench -- health [cost|latency]`: 2,000 targets at an interval of 2 s, by TCP and by HTTP.
 * - `cost`: the CPU and the memory of Drover's own code beside those of the HAProxy that makes the checks, while nothing changes; and what a new
 *   kind of check costs, for which HAProxy is started again.
 * - `latency`: the time from a port that closes on one host until its address leaves the DNS of another one, beside a bare HAProxy with
 *   the same servers.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../test/support/daemon.ts';
import { poll } from '../test/support/poll.ts';
import { createResources } from '../test/support/resources.ts';
import { measureLatency } from './health/latency.ts';
import { cpuSeconds } from './support/process-cost.ts';
import { printRow, printVerdicts } from './support/report.ts';
import { limit, type Verdict } from './support/targets.ts';

const WINDOW_MS = 30_000;
const MOST_CPU_SHARE = 0.5;

const part = process.argv[2] ?? 'all';
await using resources = createResources();
const verdicts: Verdict[] = [];
if (part !== 'latency') verdicts.push(...(await measureCost()));
if (part !== 'cost') verdicts.push(...(await measureLatency(resources)));
console.log();
printVerdicts('Targets', verdicts);

async function measureCost(): Promise<readonly Verdict[]> {
  const targets = start('targets', [fileOf('targets')]);
  const port = (await lines(targets, 1))[0] ?? '';
  printRow([
    'checks',
    'Drover CPU',
    'HAProxy CPU',
    'memory over an empty Node process',
    'HAProxy memory',
    'all first results after',
  ]);
  printRow(['---', '---', '---', '---', '---', '---']);
  const { checker: tcp, verdict } = await measure('tcp', port);
  await tcp.stop();
  const http = await measure('http', port);
  await measureRestart(targets, http.checker);
  await http.checker.stop();
  return [verdict, http.verdict];
}

interface Started {
  /** Process id. */
  readonly haproxy: number;
  readonly allVotesMs: number;
}

async function measure(
  kind: 'tcp' | 'http',
  port: string,
): Promise<{ readonly checker: Daemon; readonly verdict: Verdict }> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-health-'));
  resources.add('directory', () => rm(dir, { recursive: true, force: true }));
  const checker = start(`checker of ${kind}`, [fileOf('checker'), dir, port, kind]);
  const { haproxy, allVotesMs } = JSON.parse((await lines(checker, 1))[0] ?? '') as Started;
  // The checks of the start are over.
  await pause(5_000);
  const cpu = (): readonly [both: number, haproxy: number] => [cpuSeconds(checker.pid), cpuSeconds(haproxy)];
  const before = cpu();
  await pause(WINDOW_MS);
  const after = cpu();
  // HAProxy is a child of the checker.
  const its = after[1] - before[1];
  const own = after[0] - before[0] - its;
  const percent = (seconds: number): string => `${((seconds / WINDOW_MS) * 100_000).toFixed(1)} %`;
  const empty = start('empty Node process', ['--eval', 'setInterval(() => {}, 1000)']);
  await pause(1_000);
  const ownMb = megabytes(checker.pid) - megabytes(empty.pid);
  await empty.stop();
  printRow([kind, percent(own), percent(its), `${ownMb} MB`, `${megabytes(haproxy)} MB`, `${allVotesMs} ms`]);
  return { checker, verdict: limit(`CPU of Drover to that of HAProxy, ${kind}`, own / its, MOST_CPU_SHARE, '') };
}

/** A check with another response timeout needs a backend that the running HAProxy does not have. */
async function measureRestart(targets: Daemon, checker: Daemon): Promise<void> {
  const longest = async (count: number): Promise<string> => {
    targets.signal('SIGUSR2');
    return (await lines(targets, count)).at(-1) ?? '';
  };
  await longest(2);
  await pause(10_000);
  const steady = await longest(3);
  checker.signal('SIGUSR2');
  const { firstResultMs, ownCpuMs, haproxy } = JSON.parse((await lines(checker, 2)).at(-1) ?? '') as Restarted;
  const cpuMs = Math.round(cpuSeconds(haproxy) * 1_000);
  console.log();
  printRow([
    'a new kind of check',
    'its first result after',
    'longest time between two checks of a target, before',
    'and then',
    'Drover CPU',
    'CPU of the new HAProxy in its first 5 s',
  ]);
  printRow(['---', '---', '---', '---', '---', '---']);
  printRow(['http', `${firstResultMs} ms`, `${steady} ms`, `${await longest(4)} ms`, `${ownCpuMs} ms`, `${cpuMs} ms`]);
  console.log();
}

interface Restarted {
  readonly firstResultMs: number;
  readonly ownCpuMs: number;
  /** Process id. */
  readonly haproxy: number;
}

function start(name: string, args: readonly string[]): Daemon {
  const daemon = startDaemon(process.execPath, args);
  resources.add(name, () => daemon.stop());
  return daemon;
}

async function lines(daemon: Daemon, count: number): Promise<readonly string[]> {
  const printed = () => daemon.stdout().split('\n').slice(0, -1);
  return poll(() => printed().length >= count && printed(), {
    what: `line ${count}`,
    timeoutMs: 30_000,
    giveUp: daemon.assertRunning,
  });
}

function fileOf(name: string): string {
  return new URL(`./health/${name}.ts`, import.meta.url).pathname;
}

function megabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Math.round(Number(kilobytes) / 1_000);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
