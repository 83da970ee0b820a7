import type { Resolution } from '../answer/resolve.ts';
import type { Asker } from '../source/source.ts';
import type { Query } from '../wire/query.ts';
import type { Path } from './recorder.ts';

/** What is noted on the way of one query of the general path, by whoever knows it. */
export interface Sighting {
  path: Path;
  /** Where it does not fit the header of the reply: BADVERS, BADCOOKIE. */
  extendedRcode: number | null;
  /** Null where the message could not be read as a query. */
  query: Query | null;
  /** Null where the message was refused before anybody asked who sent it. */
  asker: Asker | null;
  resolution: Resolution | null;
}

export function createSighting(): Sighting {
  return { path: 'general', extendedRcode: null, query: null, asker: null, resolution: null };
}
