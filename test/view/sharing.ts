import type { HostState, Snapshot } from '../../model/index.ts';

/** `after` with every part that equals its counterpart in `before` shared with it, as the snapshots of the state are. */
export function sharing(before: Snapshot, after: Snapshot): Snapshot {
  return {
    ...after,
    environment: same(before.environment, after.environment),
    hosts: sharedMap(before.hosts, after.hosts, sharedHost),
    declarations: sharedMap(before.declarations, after.declarations, same),
  };
}

function sharedHost(before: HostState | undefined, after: HostState): HostState {
  if (!before) return after;
  const host = same(before.host, after.host);
  const containers = sharedMap(before.containers, after.containers, same);
  const networks = sharedMap(before.networks, after.networks, same);
  const isSame = host === before.host && containers === before.containers && networks === before.networks;
  return isSame ? before : { ...after, host, containers, networks };
}

function sharedMap<V>(
  before: ReadonlyMap<string, V>,
  after: ReadonlyMap<string, V>,
  share: (before: V | undefined, after: V) => V,
): ReadonlyMap<string, V> {
  const map = new Map([...after].map(([key, value]) => [key, share(before.get(key), value)] as const));
  const isSame = map.size === before.size && [...map].every(([key, value]) => before.get(key) === value);
  return isSame ? before : map;
}

function same<V>(before: V | undefined, after: V): V {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
