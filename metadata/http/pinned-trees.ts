import { randomBytes } from 'node:crypto';
import type { Clock } from '../../system/index.ts';
import type { Trees } from '../tree/tree-source.ts';

/** Trees that are kept for a while, so that several requests read the same state (`?snapshot=`). */
export interface PinnedTrees {
  /** Pins the present trees. Trees that are pinned already keep their token. */
  pin(): Pin;
  /** Null: the token is unknown or has expired. */
  find(token: string): Pin | null;
  /** Drops what has expired. */
  sweep(): void;
  /** How many states are pinned. */
  size(): number;
}

export interface Pin {
  readonly token: string;
  readonly trees: Trees;
}

/** Counted from the last read. */
const KEEP_MS = 10_000;
const MAX_PINS = 64;

export function createPinnedTrees({
  freeze,
  clock,
}: {
  /** The present trees, which do not change any more. The same value until the state changes. */
  readonly freeze: () => Trees;
  readonly clock: Pick<Clock, 'monotonic'>;
}): PinnedTrees {
  /** By token, in the order of their last read. */
  const pinned = new Map<string, { readonly trees: Trees; readonly until: number }>();
  const keep = (token: string, trees: Trees): Pin => {
    pinned.delete(token);
    pinned.set(token, { trees, until: clock.monotonic() + KEEP_MS });
    return { token, trees };
  };
  const sweep = (): void => {
    for (const [token, { until }] of pinned) {
      if (until > clock.monotonic() && pinned.size <= MAX_PINS) return;
      pinned.delete(token);
    }
  };
  return {
    pin: () => {
      const trees = freeze();
      const known = [...pinned].find(([, one]) => one.trees === trees)?.[0];
      const pin = keep(known ?? randomBytes(9).toString('base64url'), trees);
      sweep();
      return pin;
    },
    find: (token) => {
      sweep();
      const found = pinned.get(token);
      return found ? keep(token, found.trees) : null;
    },
    sweep,
    size: () => pinned.size,
  };
}
