import { percentile } from '../../test/support/percentile.ts';
import { printRow } from '../support/report.ts';
import { limit, type Verdict } from '../support/targets.ts';
import { renderTable, tableOf } from './drover-config.ts';

const BACKENDS = 1_000;
const SERVERS = 10;
const RUNS = 30;
const MOST_MS = 100;

/** The time to render a large table; the first runs warm up. */
export async function measureRendering(): Promise<readonly Verdict[]> {
  const hosts = Array.from({ length: BACKENDS }, (_, n) => `web-${n}.example.com`);
  const addresses = Array.from({ length: SERVERS }, (_, n) => `10.42.0.${n + 1}`);
  const times: number[] = [];
  let kilobytes = 0;
  for (let run = 0; run < RUNS; run += 1) {
    // The renderer remembers the parts of a table, so each run has a new one.
    const table = tableOf(hosts, addresses, 80);
    const beganAt = performance.now();
    const { files } = await renderTable(table, '/run/drover/lb');
    times.push(performance.now() - beganAt);
    kilobytes = [...files.values()].reduce((sum, text) => sum + text.length, 0) / 1_000;
  }
  const warm = times.slice(RUNS / 3);
  printRow([`rendering ${BACKENDS} backends of ${SERVERS} servers`, 'first', 'p50', 'slowest', 'size']);
  printRow(['---', '---', '---', '---', '---']);
  const ms = (value: number | undefined): string => `${value?.toFixed(1)} ms`;
  printRow(['', ms(times[0]), ms(percentile(warm, 0.5)), ms(percentile(warm, 1)), `${kilobytes.toFixed(0)} kB`]);
  console.log();
  return [limit('rendering 1,000 backends of 10 servers, p50', percentile(warm, 0.5), MOST_MS, 'ms')];
}
