import { draftMap, eachDifference, type HostState } from '../model/index.ts';

/** What another host found out about a host: document `liveness/<hostId>`. */
export interface Liveness {
  readonly state: 'suspect' | 'down';
  /** The incarnation it is said of; a host that came back has a higher one. */
  readonly incarnation: number;
  /** Host id of who says so. */
  readonly by: string;
}

/**
 * The hosts that are not held dead: a `down` counts for the incarnation it names and those before it. `self` stays in any
 * case: it runs, evidently, and answers for its own containers. Gives `previous` itself if that holds the same.
 */
export function livingHosts(
  hosts: ReadonlyMap<string, HostState>,
  liveness: ReadonlyMap<string, Liveness>,
  self: string,
  previous: ReadonlyMap<string, HostState>,
): ReadonlyMap<string, HostState> {
  const dead = [...liveness].flatMap(([id, found]) => (id !== self && isDead(hosts.get(id), found) ? [id] : []));
  if (dead.length === 0) return same(hosts, previous) ? previous : hosts;
  const living = draftMap(hosts);
  for (const id of dead) living.delete(id);
  return same(living.result(), previous) ? previous : living.result();
}

function isDead(state: HostState | undefined, { state: found, incarnation }: Liveness): boolean {
  // Without its host fact we do not know which incarnation speaks.
  return found === 'down' && !!state?.host && state.host.incarnation <= incarnation;
}

function same(a: ReadonlyMap<string, HostState>, b: ReadonlyMap<string, HostState>): boolean {
  if (a.size !== b.size) return false;
  let differs = false;
  eachDifference(a, b, () => {
    differs = true;
  });
  return !differs;
}
