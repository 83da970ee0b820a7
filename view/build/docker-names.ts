import { type Container, dockerNames, type HostState, type ShardedMap } from '../../model/index.ts';
import { dockerNameOn } from '../host-view/docker-name.ts';
import { compareContainers, withItem, withoutItem } from '../host-view/order.ts';
import { affected } from './address-index.ts';
import { containerChanges, type HostChange } from './changes.ts';

/**
 * Updates the names that Docker gives containers on each of their networks: all containers of this host, and those of other hosts on
 * networks that hosts share (Swarm).
 */
export function editDockerNames(
  before: ShardedMap<readonly Container[]>,
  hosts: readonly HostChange[],
  { own, hostId }: { readonly own: HostState | null; readonly hostId: string },
): ShardedMap<readonly Container[]> {
  const edit = before.edit();
  for (const change of hosts) {
    const isHere = change.after === own;
    if (!isHere && !spansHosts(change.before) && !spansHosts(change.after)) continue;
    for (const { before: old, after } of isHere ? containerChanges(change) : affected(change)) {
      if (old)
        for (const key of keysOf(old, change.before, hostId)) edit.update(key, (bearers) => without(bearers, old));
      if (!after) continue;
      for (const key of keysOf(after, change.after, hostId))
        edit.update(key, (bearers = NOBODY) => withItem(bearers, after, compareContainers));
    }
  }
  return edit.result();
}

const NOBODY: readonly Container[] = [];

function without(bearers: readonly Container[] = NOBODY, container: Container): readonly Container[] | undefined {
  const rest = withoutItem(bearers, container);
  return rest.length === 0 ? undefined : rest;
}

/** Whether the host has a network that other hosts may share. */
function spansHosts(home: HostState | null): boolean {
  for (const { kind } of home?.networks.values() ?? []) if (kind === 'other') return true;
  return false;
}

function keysOf(container: Container, home: HostState | null, hostId: string): readonly string[] {
  const isHere = container.hostId === hostId;
  const addresses = container.addresses.filter(
    // Bridges of two hosts are never one network, even with the same id.
    ({ networkId }) => isHere || home?.networks.get(networkId)?.kind === 'other',
  );
  const keys = addresses.flatMap((address) =>
    dockerNames(container, address).map((name) => dockerNameOn(name, address.networkId)),
  );
  return [...new Set(keys)];
}
