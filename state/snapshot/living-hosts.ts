import { draftMap, eachDifference, type HostState, type Liveness } from '../../model/index.ts';

/**
 * The hosts that are not down: a `down` counts for the incarnation it names and those before it. `self` always stays: it is
 * running and knows its own containers. Gives `previous` itself if that holds the same hosts.
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
  // Without the host fact its incarnation is not known.
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
