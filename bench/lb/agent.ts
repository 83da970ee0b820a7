import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Daemon, startDaemon } from '../../test/support/daemon.ts';
import { percentile } from '../../test/support/percentile.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { printRow } from '../support/report.ts';
import { limit, type Verdict } from '../support/targets.ts';
import type { ChangeCost, LbHostSettings } from './lb-host.ts';

const HAPROXY = resolve('test/support/haproxy');
const MOST_MS = 100;

/**
 * What one change of an endpoint costs the agent: a container of one of many services stops, or starts with another address. The
 * containers exist only in their facts; state, view, load balancer and HAProxy are real.
 */
export async function measureAgent(resources: Resources, changes: number): Promise<readonly Verdict[]> {
  const runDir = await mkdtemp(join(tmpdir(), 'drover-lb-'));
  resources.add('directory', () => rm(runDir, { recursive: true, force: true }));
  const settings: LbHostSettings = { runDir, haproxy: HAPROXY, changes };
  const host = startDaemon(process.execPath, [resolve('bench/lb/lb-host.ts'), JSON.stringify(settings)]);
  resources.add('load balancer', () => host.stop());
  const cost = await poll(() => costIn(host), {
    what: 'all changes',
    timeoutMs: 60_000 + changes * 1_000,
    giveUp: host.assertRunning,
  });
  await host.stop();
  printRow([
    `${changes} changes, 1,000 services of 10 containers`,
    'CPU of the agent per change',
    'until HAProxy has it, p50',
    'p99',
    'max',
    'memory of the process',
  ]);
  printRow(['---', '---', '---', '---', '---', '---']);
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(cost.changeMs, share)) as [number, number, number];
  printRow(['', ms(cost.cpuMs), ms(p50), ms(p99), ms(most), `${Math.round(cost.rssBytes / 1e6)} MB`]);
  console.log(`\nUntil HAProxy has all services: ${(cost.startMs / 1_000).toFixed(1)} s. Reloads: ${cost.reloads}.\n`);
  return [
    limit('an endpoint change until HAProxy has it, p99', p99, MOST_MS, 'ms'),
    limit('reloads for changes of endpoints', cost.reloads, 0, ''),
  ];
}

function costIn(host: Daemon): ChangeCost | null {
  const [line] = /^{.*}$/m.exec(host.stdout()) ?? [];
  return line === undefined ? null : (JSON.parse(line) as ChangeCost);
}
