import type { Container, HostState, ShardedMap } from '../../model/index.ts';
import { compareContainers, withItem, withoutItem } from '../host-view/order.ts';
import { containerChanges, type HostChange } from './changes.ts';

/** Address -> container of one host that has it; null if two containers claim it. */
export function localAddresses(own: HostState | null): ReadonlyMap<string, Container | null> {
  const owners = new Map<string, Container | null>();
  for (const container of own?.containers.values() ?? []) {
    for (const address of addressesOf(container)) owners.set(address, owners.has(address) ? null : container);
  }
  return owners;
}

/** Updates the managed addresses for the hosts that changed. */
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

/** If the networks of a host changed, the managed addresses of all its containers may have changed. */
export function affected(change: HostChange): readonly { before: Container | null; after: Container | null }[] {
  if (change.before?.networks === change.after?.networks) return containerChanges(change);
  const all = (state: HostState | null) => [...(state?.containers.values() ?? [])];
  return [
    ...all(change.before).map((before) => ({ before, after: null })),
    ...all(change.after).map((after) => ({ before: null, after })),
  ];
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
const NOBODY: readonly Container[] = [];

/** States in which a container has its addresses. */
const LIVING: ReadonlySet<Container['state']> = new Set(['starting', 'running', 'stopping', 'paused']);
