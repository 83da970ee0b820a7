import { type Cidr, type Container, cidrContains, parseAddress, plainAddress } from '../../model/index.ts';
import type { HostView } from './host-view.ts';

/**
 * The container of this host that sends from `address` (on any of its networks; starting, running, stopping or paused). Containers
 * that share a network namespace count as its owner. Null: the host itself, an unknown client, or two containers claim the address.
 */
export function identify(view: HostView, address: string): Container | null {
  return view.index.local.get(plainAddress(address)) ?? null;
}

/** Whether the address is in a Docker network of this host. If no container has it, one may just be starting. */
export function isLocalAddress(view: HostView, address: string): boolean {
  return liesIn(view.index.localSubnets, plainAddress(address));
}

/** Whether an address, as plain text, is in one of the subnets. */
export function liesIn(subnets: readonly Cidr[], text: string): boolean {
  const address = parseAddress(text);
  return address.ok && subnets.some((subnet) => cidrContains(subnet, address.value));
}
