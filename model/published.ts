import { factOf, type Snapshot } from './snapshot.ts';

/**
 * Fact `published`: since when services with containers on the host have had each of their rules by labels, in milliseconds since the epoch.
 * Containers are replaced and get younger; this stays. The names of the rules are those of `claimName`.
 */
export interface Published {
  readonly since: Readonly<Record<string, number>>;
}

export const PUBLISHED_FACT = 'published';

/** Since when, as the host with the longest memory says, by name of the rule. Pure. */
export function publishedSince({ hosts }: Pick<Snapshot, 'hosts'>): ReadonlyMap<string, number> {
  const since = new Map<string, number>();
  for (const host of hosts.values()) {
    const published = factOf<Published>(host, PUBLISHED_FACT)?.since ?? {};
    for (const [name, ms] of Object.entries(published)) since.set(name, Math.min(ms, since.get(name) ?? ms));
  }
  return since;
}
