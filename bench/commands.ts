/**
 * `npm run bench -- commands`: a program that does nothing, started by this process and by shells that stay, while this process
 * holds more and more memory.
 */
import { createCommandShells, runCommand } from '../system/index.ts';
import { percentile } from '../test/support/percentile.ts';
import { printRow } from './support/report.ts';

const ROUNDS = 100;
const MEBIBYTE = 2 ** 20;

const shells = createCommandShells();
const contestants = [runCommand, shells.run];
const held: Buffer[] = [];
printRow(['memory of the process', 'started by it, p50', 'by a shell, p50']);
printRow(['---', '---', '---']);
for (const megabytes of [0, 50, 100, 200]) {
  while (held.length < megabytes) held.push(Buffer.alloc(MEBIBYTE, 1));
  const times: number[][] = contestants.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, run] of contestants.entries()) {
      const begin = performance.now();
      await run('/bin/true', []);
      times[index]?.push(performance.now() - begin);
    }
  const medians = times.map((ms) => `${percentile(ms, 0.5).toFixed(1)} ms`);
  printRow([`${Math.round(process.memoryUsage.rss() / 1e6)} MB`, ...medians]);
}
shells.close();
