import { type Container, dockerNames, type HostState } from '../../model/index.ts';
import { dockerNameOn } from '../host-view/docker-name.ts';
import { affectedContainers, containerChanges, type HostChange } from './changes.ts';
import { type ContainerLists, editContainerLists } from './container-lists.ts';

/**
 * Updates the names that Docker gives containers on each of their networks: all containers of this host, and those of other hosts on
 * networks that hosts share (Swarm).
 */
export function editDockerNames(
  before: ContainerLists,
  hosts: readonly HostChange[],
  { own, hostId }: { readonly own: HostState | null; readonly hostId: string },
): ContainerLists {
  const edit = editContainerLists(before);
  for (const change of hosts) {
    const isHere = change.after === own;
    if (!isHere && !spansHosts(change.before) && !spansHosts(change.after)) continue;
    for (const { before: old, after } of isHere ? containerChanges(change) : affectedContainers(change)) {
      if (old) edit.drop(old, keysOf(old, change.before, hostId));
      if (after) edit.add(after, keysOf(after, change.after, hostId));
    }
  }
  return edit.result();
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
