/**
 * `npm run bench -- rfc`: runs the tests of test/rfc against Drover, unbound and BIND, and writes the results to
 * docs/rfc-results.md, with the reason of every difference. Exits with 1 if a test fails.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createResources } from '../test/support/resources.ts';
import { type Outcome, renderResults } from './rfc/render-results.ts';

const OUTPUT = 'docs/rfc-results.md';

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly meta?: { readonly rfc?: Outcome['verdict'] };
    }[];
  }[];
}

const resources = createResources();
const stop = () => resources.close().finally(() => process.exit(1));
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  const directory = await mkdtemp(join(tmpdir(), 'drover-rfc-'));
  resources.add('directory of the report', () => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  // All servers, whatever the environment says.
  const env = { DROVER_RFC_SERVER: undefined };
  const { exitCode } = await execa('vitest', ['run', 'test/rfc', ...reporters], {
    env,
    reject: false,
    stdio: 'inherit',
  });
  const report = JSON.parse(await readFile(path, 'utf8')) as Report;
  const outcomes = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ status, meta }) => (meta?.rfc ? [{ verdict: meta.rfc, passed: status === 'passed' }] : []));
  await writeFile(OUTPUT, renderResults(outcomes));
  console.log(`${OUTPUT} is written: ${outcomes.length} results`);
  process.exitCode = exitCode ?? 1;
} finally {
  await resources.close();
}
