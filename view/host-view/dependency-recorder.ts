import type { DependencyKey } from './dependency-key.ts';

/** Records how an answer came about. Optional everywhere: without a recorder nothing is recorded, at no cost. */
export interface DependencyRecorder {
  /** Something that was looked up, found or not. */
  depends(on: DependencyKey): void;
  /** A name that was tried: relative to the suffix, and its meaning for this asker. Only explanations use it. */
  tried?(name: TriedName): void;
}

/** One step from a question to its meaning. */
export interface TriedName {
  /** The name in the question or at the end of an alias: lower case, without trailing dot. */
  readonly asked: string;
  /** Lower case, relative to the suffix; a name of Docker as it is. */
  readonly relative: string;
  /** Where the name was looked up: among the asker's own names (links), among all names, or among Docker's on its networks. */
  readonly among: 'links' | 'names' | 'docker';
  /** For people: `service shop/web`, `no such name`. */
  readonly found: string;
  /** Whether this is the meaning of the question. */
  readonly chosen: boolean;
}
