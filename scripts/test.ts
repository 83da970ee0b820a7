/**
 * `npm test`: formatter and linter, types, then every test. Prints `N passed, N failed` last.
 * Arguments are passed to vitest (`npm test -- test/view`). The linter and the type check always run.
 * A file that a test leaves in the checkout counts as a failure.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkoutFiles, foreignFiles } from './checkout-files.ts';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numTotalTests: number;
  readonly numFailedTestSuites: number;
}

let passed = 0;
let failed = 0;

async function check(title: string, file: string, args: readonly string[]): Promise<boolean> {
  console.log(`\n── ${title}`);
  const { exitCode } = await execa(file, [...args], { reject: false, stdio: 'inherit' });
  return exitCode === 0;
}

function count(good: boolean): void {
  if (good) passed += 1;
  else failed += 1;
}

const foreign = await foreignFiles();
if (foreign.length > 0)
  console.log(
    `Files in this checkout that git does not track; a check below may fail because of them:\n  ${foreign.join('\n  ')}`,
  );
const filesBefore = checkoutFiles();

count(await check('formatter and linter (biome)', 'biome', ['ci', '--error-on-warnings', '.']));
count(await check('types (tsc)', 'tsc', ['-p', '.']));

const dir = mkdtempSync(join(tmpdir(), 'drover-report-'));
const report = join(dir, 'report.json');
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)];
const green = await check('tests (vitest)', 'vitest', args);
try {
  const counts = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  passed += counts.numPassedTests;
  failed += counts.numFailedTests;
  const unaccounted = counts.numTotalTests - counts.numPassedTests - counts.numFailedTests;
  if (unaccounted > 0) {
    console.log(`${unaccounted} tests did not run; they count as failed`);
    failed += unaccounted;
  }
  // A file that cannot be loaded, or an error outside of any test, fails the run without a failed test.
  if (!green && counts.numFailedTests === 0) failed += Math.max(1, counts.numFailedTestSuites);
} catch (error) {
  console.log(`no test report: ${String(error)}`);
  failed += 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const left = checkoutFiles().filter((file) => !filesBefore.includes(file));
if (left.length > 0) console.log(`\nThe tests wrote files into the checkout; remove them:\n  ${left.join('\n  ')}`);
count(left.length === 0);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
