import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A message to the process that runs the tests. */
export interface TestRun {
  /** Absolute path of the source file that has a mutation; null: none has one. */
  readonly changed: string | null;
  readonly tests: readonly string[];
}

/** Runs tests in a copy of the checkout. The process behind it stays, so that a run costs a fraction of a new vitest. */
export interface TestRunner {
  /** The test files that fail; all of them if they take longer than `limitMs`. One run at a time. */
  failed(run: TestRun, limitMs: number): Promise<readonly string[]>;
  close(): void;
}

export function createTestRunner(copy: string): TestRunner {
  let child: ChildProcess | null = null;
  const close = (): void => {
    child?.kill('SIGKILL');
    child = null;
  };
  return {
    failed: async (run, limitMs) => {
      child ??= fork(join(copy, 'bench/mutants/test-process.ts'), { cwd: copy, stdio: 'ignore' });
      child.send(run);
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(Math.ceil(limitMs))]);
      try {
        const ended = once(child, 'exit', { signal }).then(() => [null]);
        const [answer] = await Promise.race([once(child, 'message', { signal }), ended]);
        if (Array.isArray(answer)) return answer;
      } catch {
        // A mutant that loops forever blocks the process.
      } finally {
        over.abort();
      }
      close();
      return run.tests;
    },
    close,
  };
}
