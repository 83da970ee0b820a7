import type { Resources } from '../../test/support/resources.ts';
import type { Binaries } from './contestants.ts';
import type { NativePrograms } from './native.ts';
import type { BenchOptions } from './options.ts';

/** What each part of the bench is given. */
export interface PartStage {
  readonly options: BenchOptions;
  readonly binaries: Binaries;
  readonly programs: NativePrograms;
  /** Of this part alone; undone at its end. */
  readonly resources: Resources;
  /** Directory of this part alone. */
  readonly dir: string;
}

/** Measures, and prints what it found. */
export type RunPart = (stage: PartStage) => Promise<void>;
