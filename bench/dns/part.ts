import type { Resources } from '../../test/support/resources.ts';
import type { Binaries } from './contestants.ts';
import type { NativePrograms } from './native.ts';
import type { BenchOptions } from './options.ts';

/** Input of each part of the benchmark. */
export interface PartStage {
  readonly options: BenchOptions;
  readonly binaries: Binaries;
  readonly programs: NativePrograms;
  /** Resources of this part, released at its end. */
  readonly resources: Resources;
  /** Directory of this part. */
  readonly dir: string;
}

/** Measures and prints the results. */
export type RunPart = (stage: PartStage) => Promise<void>;
