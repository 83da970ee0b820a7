import type { Value, ValueObject } from './value.ts';

/** Where the trees come from: the view of a host, or an answers file. */
export interface TreeSource {
  /** What `GET /` lists: version -> path. */
  versions(): ValueObject;
  /** The tree a caller sees, null when there is none yet; undefined: no such version. */
  treeFor(version: string, address: string): Value | undefined;
  /** Resolves once the caller is known or has been waited for long enough; null: nothing to wait for. Never rejects. */
  recognise(address: string): Promise<void> | null;
}
