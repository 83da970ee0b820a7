import type { DependencyKey } from './dependency-key.ts';

/** Who wants to know how an answer came about. Without one nothing is noted, and nothing is paid for. */
export interface Trail {
  /** Something that was looked at, whether it was there or not. */
  depends(on: DependencyKey): void;
  /** A name that was tried: relative to the suffix, and what it is to this asker. Only for those who want to read it. */
  tried?(name: TriedName): void;
}

/** One step of the way from a question to its meaning. */
export interface TriedName {
  /** What was asked for: lower case, without trailing dot; the end of an alias too. */
  readonly asked: string;
  /** Lower case, relative to the suffix. */
  readonly relative: string;
  /** Where it was looked for: among the asker's own names (links), or among everybody's. */
  readonly among: 'links' | 'names';
  /** For people: `service shop/web`, `no such name`. */
  readonly found: string;
  /** Whether this is what the question means. */
  readonly chosen: boolean;
}
