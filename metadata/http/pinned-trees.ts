import { randomBytes } from 'node:crypto';
import type { Clock } from '../../system/index.ts';
import type { Trees } from '../tree/tree-source.ts';

/** States that are kept for a while, so that several reads see the same one. */
export interface Snapshots {
  /** Keeps what is seen now; of one state there is one token. */
  take(): Snapshot;
  /** Null: it is not kept any more, or never was. */
  find(token: string): Snapshot | null;
  /** Forgets those whose time is over. */
  sweep(): void;
  /** How many are kept. */
  size(): number;
}

export interface Snapshot {
  readonly token: string;
  readonly trees: Trees;
}

/** After the last read of it. */
const KEEP_MS = 10_000;
const MOST = 64;

export function createSnapshots({
  freeze,
  clock,
}: {
  /** What is seen now, as it will stay; the same one while nothing changes. */
  readonly freeze: () => Trees;
  readonly clock: Pick<Clock, 'monotonic'>;
}): Snapshots {
  /** In the order of their last read. */
  const kept = new Map<string, { readonly trees: Trees; readonly until: number }>();
  const keep = (token: string, trees: Trees): Snapshot => {
    kept.delete(token);
    kept.set(token, { trees, until: clock.monotonic() + KEEP_MS });
    return { token, trees };
  };
  const sweep = (): void => {
    for (const [token, { until }] of kept) {
      if (until > clock.monotonic() && kept.size <= MOST) return;
      kept.delete(token);
    }
  };
  return {
    take: () => {
      const trees = freeze();
      const known = [...kept].find(([, one]) => one.trees === trees)?.[0];
      const taken = keep(known ?? randomBytes(9).toString('base64url'), trees);
      sweep();
      return taken;
    },
    find: (token) => {
      sweep();
      const found = kept.get(token);
      return found ? keep(token, found.trees) : null;
    },
    sweep,
    size: () => kept.size,
  };
}
