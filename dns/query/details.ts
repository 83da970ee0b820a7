import type { Query } from '../wire/read/query.ts';
import type { Asker } from './name-source.ts';
import type { Resolution } from './resolution.ts';

/** How a reply was produced: encoded before, made for this query, asked of an upstream, or kept from an upstream. */
export type Path = 'hot' | 'general' | 'forwarded' | 'cached';

/** What is known about one query of the general path. Each step fills in what it finds out. */
export interface QueryDetails {
  path: Path;
  /** Set where the code does not fit the header of the reply: BADVERS, BADCOOKIE. */
  extendedRcode: number | null;
  /** Null if the message could not be read as a query. */
  query: Query | null;
  /** Null if the message was refused before its sender was looked up. */
  asker: Asker | null;
  resolution: Resolution | null;
}

export function createDetails(): QueryDetails {
  return { path: 'general', extendedRcode: null, query: null, asker: null, resolution: null };
}
