import { factOf, type HostState } from './snapshot.ts';

/**
 * `unknown`: not long enough to tell. `up`: probes pass both ways. `unheard`: the other host's probes arrive, but it does not receive ours.
 * `silent`: nothing arrives; only the other host knows whether it receives ours.
 */
export type PathState = 'unknown' | 'up' | 'unheard' | 'silent';

/** Fact `paths`: the paths of a host to others that have not worked for a while, by host id. All others work, or are not known yet. */
export interface HostPaths {
  readonly silent: readonly string[];
  readonly unheard: readonly string[];
}

export const PATHS_FACT = 'paths';

/** The state of the path from a host to another one, as the first one has published it. Null: it publishes nothing. */
export function publishedPath(
  from: Pick<HostState, 'facts'> | null,
  to: string,
): 'silent' | 'unheard' | 'works' | null {
  const paths = from && factOf<HostPaths>(from, PATHS_FACT);
  if (!paths) return null;
  if (paths.silent.includes(to)) return 'silent';
  return paths.unheard.includes(to) ? 'unheard' : 'works';
}
