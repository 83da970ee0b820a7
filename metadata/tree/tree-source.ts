import type { Value, ValueObject } from '../value/value.ts';

/** The trees of one state. */
export interface Trees {
  /** The reply to `GET /`: version -> path. */
  versions(): ValueObject;
  /** The tree for a client. Null: there is no data yet. Undefined: there is no such version. */
  treeFor(version: string, address: string): Value | undefined;
}

/** Where trees come from: the view of a host, or an answers file. Always the present trees. */
export interface TreeSource extends Trees {
  /** The present trees, which do not change any more. The same value until the state changes. */
  freeze(): Trees;
  /** Waits until the container with this address is known, for at most 250 ms. Null: there is nothing to wait for. Never rejects. */
  recognise(address: string): Promise<void> | null;
}
