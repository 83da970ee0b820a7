import type { Container, HostState, ShardedMap } from '../../model/index.ts';
import { compareContainers, withItem, withoutItem } from '../host-view/order.ts';
import { containerChanges, type HostChange } from './changes.ts';

/** Whose containers have the addresses of one host; null where two claim one: nobody is sure then. */
export function localAddresses(own: HostState | null): ReadonlyMap<string, Container | null> {
  const owners = new Map<string, Container | null>();
  for (const container of own?.containers.values() ?? []) {
    for (const address of addressesOf(container)) owners.set(address, owners.has(address) ? null : container);
  }
  return owners;
}

/** Follows the managed addresses of the hosts that changed. */
export function managedAddresses(
  before: ShardedMap<readonly Container[]>,
  hosts: readonly HostChange[],
): ShardedMap<readonly Container[]> {
  const edit = before.edit();
  const add = (address: string, container: Container) =>
    edit.update(address, (owners = NOBODY) => withItem(owners, container, compareContainers));
  const drop = (address: string, container: Container) =>
    edit.update(address, (owners = NOBODY) => {
      const rest = withoutItem(owners, container);
      return rest.length === 0 ? undefined : rest;
    });
  for (const change of hosts) {
    for (const { before: old, after } of affected(change)) {
      if (old) for (const address of addressesOf(old, change.before)) drop(address, old);
      if (after) for (const address of addressesOf(after, change.after)) add(address, after);
    }
  }
  return edit.result();
}

/** Which of its networks are managed may have changed for every container of a host. */
function affected(change: HostChange): readonly { before: Container | null; after: Container | null }[] {
  if (change.before?.networks === change.after?.networks) return containerChanges(change);
  const all = (state: HostState | null) => [...(state?.containers.values() ?? [])];
  return [
    ...all(change.before).map((before) => ({ before, after: null })),
    ...all(change.after).map((after) => ({ before: null, after })),
  ];
}

/** The addresses a living container has; with its host's state only those on managed networks. */
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
const NOBODY: readonly Container[] = [];

/** States in which an address is the container's own. */
const LIVING: ReadonlySet<Container['state']> = new Set(['starting', 'running', 'stopping', 'paused']);
