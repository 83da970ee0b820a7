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

/** Tests that saturate a core and count each lost query, or that measure short times: one at a time, with no other test beside them. */
const ALONE = [
  'test/real/dns-flood.test.ts',
  'test/real/dns-hand-over.test.ts',
  'test/real/healthcheck/haproxy.test.ts',
  'test/real/metadata-herd.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'beside', include: ['test/**/*.test.ts'], exclude: ALONE, sequence: { groupOrder: 1 } },
      },
    ],
    setupFiles: ['test/support/equality.ts'],
    pool: 'forks',
    // For a test that hangs. What a test waits for has limits of its own (`poll`).
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    // Tests with real programs mostly wait: three files at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: RealFirst },
  },
});
