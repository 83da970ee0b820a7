import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The output of the benchmark in a child process: counting blocks slows down everything in its process. */
async function fuzz(...args: readonly string[]) {
  // Ten times the usual limit, because the machine is shared.
  const fixed = ['bench/dns-fuzz.ts', '--limit-ms', '10'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...fixed, ...args], {
    timeout: 120_000,
    maxBuffer: 16 * 1024 * 1024,
  }).catch((failed: { stdout: string; stderr: string }) => failed);
  const line = stdout.split('\n').find((text) => text.startsWith('{')) ?? '{}';
  return { report: JSON.parse(line) as { [key: string]: number }, stderr };
}

test('Q34 broken messages on both paths, guided by coverage: no crash, no difference, no leak', {}, async () => {
  const { report, stderr } = await fuzz('--packets', '80000', '--guided', '10000', '--seed', '7');
  expect(stderr).toBe('');
  expect(report).toMatchObject({ faults: 0 });
  expect(report.packets).toBeGreaterThanOrEqual(80_000);
  expect(report.hot).toBeGreaterThan(5_000);
  expect(report.blocks).toBeGreaterThan(900);
  expect(report.growthKilobytes).toBeLessThan(8 * 1024);
});
