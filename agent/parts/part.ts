import type { Problem } from '../../model/index.ts';

/** What a part reports while it runs. */
export interface PartReport {
  /** It has just left nothing to do. */
  done(): void;
  /** What keeps it from doing its work; replaces what was reported before. */
  problems(problems: readonly Problem[]): void;
}

/** A part of the agent: works until `signal` aborts. If it throws, it alone is restarted after a while. */
export type Part = (signal: AbortSignal, report: PartReport) => Promise<void>;

/** How a part is doing. Each part fails and recovers alone. */
export interface PartStatus {
  readonly name: string;
  readonly lastAppliedAtMs: number | null;
  readonly problems: readonly Problem[];
  /** Changes that are planned and not made yet, one line each. */
  readonly pending: readonly string[];
}
