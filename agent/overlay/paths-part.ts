import type { FactsPart } from '../../facts/index.ts';
import { type HostPaths, type JsonValue, PATHS_FACT, type PathState } from '../../model/index.ts';
import type { PeerPath } from '../../overlay/index.ts';
import type { Clock } from '../../system/index.ts';
import type { Part } from '../parts/part.ts';

export interface PathsSources {
  readonly clock: Clock;
  /** By host id; null: this host does not probe. */
  readonly paths: () => ReadonlyMap<string, PeerPath> | null;
  /** Owns the fact `paths`. */
  readonly facts: Pick<FactsPart, 'set'>;
}

/** At most one write in this time. A path that fails for a shorter time, or because its host has died, is not written at all. */
const INTERVAL_MS = 10_000;

/** Publishes which paths of this host do not work, for the other hosts. While nothing changes it writes nothing. */
export function pathsPart({ clock, paths, facts }: PathsSources): Part {
  return async (signal, report) => {
    while (!signal.aborted) {
      const known = paths();
      facts.set(PATHS_FACT, (known && failingPaths(known, clock.now() - INTERVAL_MS)) as JsonValue);
      report.done();
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
  };
}

/** Pure. `beforeMs`: only paths that have failed since then or longer. */
export function failingPaths(paths: ReadonlyMap<string, PeerPath>, beforeMs: number): HostPaths {
  const inState = (wanted: PathState): readonly string[] =>
    [...paths]
      .flatMap(([hostId, { state, sinceMs }]) => (state === wanted && sinceMs <= beforeMs ? [hostId] : []))
      .sort();
  return { silent: inState('silent'), unheard: inState('unheard') };
}
