import type { Value, ValueObject } from '../value/value.ts';

/** The trees of a state. */
export interface Trees {
  /** What `GET /` lists: version -> path. */
  versions(): ValueObject;
  /** The tree a caller sees, null when there is none yet; undefined: no such version. */
  treeFor(version: string, address: string): Value | undefined;
}

/** Where the trees come from: the view of a host, or an answers file. The trees are those of now. */
export interface TreeSource extends Trees {
  /** Those of now, as they will stay; the same ones while nothing changes. */
  freeze(): Trees;
  /** Resolves once the caller is known or has been waited for long enough; null: nothing to wait for. Never rejects. */
  recognise(address: string): Promise<void> | null;
}
