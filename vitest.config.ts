import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests with real programs first: they wait more than they compute, and the quick ones fill the gaps at the end. */
class RealFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const isReal = ({ moduleId }: TestSpecification): boolean => /\/test\/(real|scenario|contract)\//.test(moduleId);
    const sorted = await super.sort(specifications);
    return [...sorted.filter(isReal), ...sorted.filter((one) => !isReal(one))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/equality.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    // Tests with real programs mostly wait: three files at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: RealFirst },
  },
});
