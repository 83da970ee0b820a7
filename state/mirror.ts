import type { Environment, Problem } from '../model/index.ts';
import type { Picture } from './picture.ts';

/** What was saved, and whose it is. */
export interface SavedPicture {
  readonly environment: Environment;
  readonly hostId: string;
  readonly revision: number;
  readonly picture: Picture;
  readonly savedAtMs: number;
}

/** The picture on disk: raw facts in one SQLite file, also readable by other processes. */
export interface Mirror {
  /** Null when nothing usable is there. */
  load(): SavedPicture | null;
  /**
   * Writes what differs from what was loaded or saved before, in one transaction. Throws when the disk refuses; call
   * again with the newest picture, nothing gets lost.
   */
  save(saved: SavedPicture): void;
  problems(): readonly Problem[];
  /** Idempotent. */
  close(): void;
}

/** Never throws: a file that is damaged is moved aside (`<path>.damaged`) with a problem. */
export function openMirror(_path: string): Mirror {
  throw new Error('not there yet');
}

/** Reads another process's mirror without changing it; null when there is none or it cannot be read. */
export function readMirror(_path: string): SavedPicture | null {
  throw new Error('not there yet');
}
