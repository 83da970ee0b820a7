import { relative } from 'node:path';
import { createVitest } from 'vitest/node';
import type { TestRun } from './test-runner.ts';

// Runs tests for its parent process in one vitest instance, which transforms again only what changed since the last run.
// It answers each message with whether all tests passed.
const vitest = await createVitest('test', {
  watch: false,
  bail: 1,
  isolate: false,
  pool: 'threads',
  maxWorkers: 1,
  testTimeout: 20_000,
  reporters: [{}],
  silent: true,
});
await vitest.standalone();
let previous: string | null = null;
process.on('message', (run: TestRun) => void passes(run).then((passed) => process.send?.(passed)));

async function passes({ changed, tests }: TestRun): Promise<boolean> {
  // The mutant before this one was undone in the meantime.
  for (const file of [previous, changed]) if (file !== null) vitest.invalidateFile(file);
  previous = changed;
  const wanted = new Set(tests);
  const all = await vitest.globTestSpecifications();
  const chosen = all.filter(({ moduleId }) => wanted.has(relative(process.cwd(), moduleId)));
  vitest.state.filesMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(chosen);
  const complete = chosen.length === tests.length && testModules.length === tests.length;
  return complete && unhandledErrors.length === 0 && testModules.every((module) => module.ok());
}
