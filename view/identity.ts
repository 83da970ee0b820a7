import { type Cidr, type Container, cidrContains, parseAddress, plainAddress } from '../model/index.ts';
import { absoluteName } from './domain-name.ts';
import type { HostView } from './host-view.ts';
import { shardsGet } from './shards.ts';

/**
 * The container of this host that sends from `address` (on any of its networks; starting, running, stopping or paused).
 * Containers that share a network namespace are its owner. Null: the host itself, nobody known, or not certain.
 */
export function identify(view: HostView, address: string): Container | null {
  return view.index.local.get(plainAddress(address)) ?? null;
}

/** Whether the address lies in a Docker network of this host: if nobody has it, a container may just be starting there. */
export function isLocalAddress(view: HostView, address: string): boolean {
  return liesIn(view.index.localSubnets, plainAddress(address));
}

export type ReverseName =
  /** Lower case, absolute. */
  | { readonly kind: 'name'; readonly name: string }
  /** In a network of ours, but nobody has it. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'foreign' };

/**
 * The name an address stands for: this host's containers first, then the managed network of all hosts. Other hosts'
 * bridges do not count: their addresses are ours too, with other containers behind them.
 */
export function ptrName(view: HostView, address: string): ReverseName {
  const plain = plainAddress(address);
  const { local, managed, managedSubnets } = view.index;
  const container = local.get(plain) ?? (local.has(plain) ? null : shardsGet(managed, plain)?.[0]);
  const name = container ? absoluteName(view, container.name) : null;
  if (name) return { kind: 'name', name };
  const ours = isLocalAddress(view, plain) || liesIn(managedSubnets, plain);
  return { kind: ours || local.has(plain) ? 'nobody' : 'foreign' };
}

function liesIn(subnets: readonly Cidr[], text: string): boolean {
  const address = parseAddress(text);
  return address.ok && subnets.some((subnet) => cidrContains(subnet, address.value));
}
