/**
 * `npm run bench -- health`: 2,000 targets at an interval of 2 s, by TCP and by HTTP: the CPU and the memory of Drover's own code beside
 * those of the HAProxy that makes the checks, while nothing changes.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../test/support/daemon.ts';
import { poll } from '../test/support/poll.ts';
import { createResources } from '../test/support/resources.ts';
import { cpuSeconds } from './support/process-cost.ts';
import { printRow, printVerdicts } from './support/report.ts';
import { limit, type Verdict } from './support/targets.ts';

const WINDOW_MS = 30_000;
const MOST_CPU_SHARE = 0.5;

await using resources = createResources();
const targets = start('targets', [fileOf('targets')]);
const port = (await firstLine(targets)).trim();
printRow([
  'checks',
  'Drover CPU',
  'HAProxy CPU',
  'memory for the targets',
  'HAProxy memory',
  'all first results after',
]);
printRow(['---', '---', '---', '---', '---', '---']);
const verdicts: Verdict[] = [];
for (const kind of ['tcp', 'http'] as const) verdicts.push(await measure(kind));
console.log();
printVerdicts('Targets', verdicts);

interface Started {
  /** Process id. */
  readonly haproxy: number;
  readonly allVotesMs: number;
  /** Resident memory of the checker before it had targets. */
  readonly startBytes: number;
}

async function measure(kind: 'tcp' | 'http'): Promise<Verdict> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-health-'));
  resources.add('directory', () => rm(dir, { recursive: true, force: true }));
  const checker = start(`checker of ${kind}`, [fileOf('checker'), dir, port, kind]);
  const { haproxy, allVotesMs, startBytes } = JSON.parse(await firstLine(checker)) as Started;
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
  const ownMb = megabytes(checker.pid) - Math.round(startBytes / 1e6);
  printRow([kind, percent(own), percent(its), `${ownMb} MB`, `${megabytes(haproxy)} MB`, `${allVotesMs} ms`]);
  await checker.stop();
  return limit(`CPU of Drover to that of HAProxy, ${kind}`, own / its, MOST_CPU_SHARE, '');
}

function start(name: string, args: readonly string[]) {
  const daemon = startDaemon(process.execPath, args);
  resources.add(name, () => daemon.stop());
  return daemon;
}

async function firstLine(daemon: ReturnType<typeof start>): Promise<string> {
  return poll(() => daemon.stdout().includes('\n') && daemon.stdout(), {
    what: 'the first line',
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
