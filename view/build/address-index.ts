import type { Container, HostState } from '../../model/index.ts';
import { affectedContainers, type HostChange } from './changes.ts';
import { type ContainerLists, editContainerLists } from './container-lists.ts';

/** Address -> container of one host that has it; null if two containers claim it. */
export function localAddresses(own: HostState | null): ReadonlyMap<string, Container | null> {
  const owners = new Map<string, Container | null>();
  for (const container of own?.containers.values() ?? []) {
    for (const address of addressesOf(container)) owners.set(address, owners.has(address) ? null : container);
  }
  return owners;
}

/** Updates the managed addresses for the hosts that changed. */
export function managedAddresses(before: ContainerLists, hosts: readonly HostChange[]): ContainerLists {
  const edit = editContainerLists(before);
  for (const change of hosts) {
    for (const { before: old, after } of affectedContainers(change)) {
      if (old) edit.drop(old, addressesOf(old, change.before));
      if (after) edit.add(after, addressesOf(after, change.after));
    }
  }
  return edit.result();
}

/** The addresses of a living container; with its host's state, only those on managed networks. */
function addressesOf(container: Container, managedOn?: HostState | null): readonly string[] {
  if (!LIVING.has(container.state)) return NONE;
  const texts: string[] = [];
  for (const { networkId, ipv4, ipv6 } of container.addresses) {
    if (managedOn !== undefined && managedOn?.networks.get(networkId)?.kind !== 'managed') continue;
    if (ipv4 && !texts.includes(ipv4)) texts.push(ipv4);
    if (ipv6 && !texts.includes(ipv6)) texts.push(ipv6);
  }
  return texts;
}

const NONE: readonly string[] = [];

/** States in which a container has its addresses. */
const LIVING: ReadonlySet<Container['state']> = new Set(['starting', 'running', 'stopping', 'paused']);
