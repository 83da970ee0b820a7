import type { FactsPart } from '../../facts/index.ts';
import { publishedHere } from '../../lb/index.ts';
import { type JsonValue, PUBLISHED_FACT, type Published, publishedSince } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Part } from '../parts/part.ts';

export interface PublishedSources {
  readonly clock: Clock;
  readonly view: () => HostView;
  /** Owns the fact `published`; starts with the one of an earlier agent. */
  readonly facts: Pick<FactsPart, 'get' | 'set'>;
}

const INTERVAL_MS = 1_000;
/** For services that are gone, although nothing changes. */
const AGAIN_MS = 60_000;
/** A service without containers, for example while Compose replaces them, loses its rules to another one only after this time. */
const KEPT_MS = 600_000;

/**
 * Reports since when services of this host have published their rules, so that no other service takes a rule over while containers are
 * replaced.
 */
export function publishedPart({ clock, view, facts }: PublishedSources): Part {
  const lastSeenMs = new Map<string, number>();

  const nextOf = (newest: HostView): Published | null => {
    const [here, anywhere] = [publishedHere(newest), publishedSince(newest.snapshot)];
    const before = (facts.get(PUBLISHED_FACT) as Published | null)?.since ?? {};
    const now = clock.monotonic();
    for (const name of here.keys()) lastSeenMs.set(name, now);
    const names = new Set([...Object.keys(before), ...here.keys()]);
    const kept = [...names].filter((name) => {
      const seenMs = lastSeenMs.get(name) ?? now;
      lastSeenMs.set(name, seenMs);
      return now - seenMs < KEPT_MS;
    });
    for (const name of lastSeenMs.keys()) if (!names.has(name)) lastSeenMs.delete(name);
    const ageOf = (name: string): number => {
      const known = [before[name], anywhere.get(name), here.get(name)].filter((ms) => typeof ms === 'number');
      return known.length > 0 ? Math.min(...known) : clock.now();
    };
    return kept.length === 0 ? null : { since: Object.fromEntries(kept.map((name) => [name, ageOf(name)])) };
  };

  return async (signal, report) => {
    let [read, readMs]: [HostView | null, number] = [null, 0];
    while (!signal.aborted) {
      const newest = view();
      const isDue = newest !== read || clock.monotonic() - readMs >= AGAIN_MS;
      // Not known yet is not empty.
      if (newest.snapshot.complete && isDue) {
        facts.set(PUBLISHED_FACT, nextOf(newest) as JsonValue);
        [read, readMs] = [newest, clock.monotonic()];
      }
      report.done();
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
  };
}
