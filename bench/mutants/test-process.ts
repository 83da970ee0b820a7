import { relative } from 'node:path';
import { createVitest } from 'vitest/node';
import type { TestRun } from './test-runner.ts';

// Runs tests for its parent process in one vitest instance, which transforms again only what changed since the last run.
// It answers each message with the test files that fail.
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
process.on('message', (run: TestRun) => void failed(run).then((files) => process.send?.(files)));

// The parent ended.
process.on('disconnect', () => process.exit());

async function failed({ changed, tests }: TestRun): Promise<readonly string[]> {
  // The mutant before this one was undone in the meantime.
  for (const file of [previous, changed]) if (file !== null) vitest.invalidateFile(file);
  previous = changed;
  const fileOf = ({ moduleId }: { readonly moduleId: string }): string => relative(process.cwd(), moduleId);
  const all = await vitest.globTestSpecifications();
  vitest.state.filesMap.clear();
  const chosen = all.filter((specification) => tests.includes(fileOf(specification)));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(chosen);
  if (unhandledErrors.length > 0) return tests;
  const passed = new Set(testModules.filter((module) => module.ok()).map(fileOf));
  // After the first failure, the tests that are left do not run.
  const broken = testModules.filter((module) => !module.ok()).map(fileOf);
  return broken.length > 0 ? broken : tests.filter((test) => !passed.has(test));
}
