import { plainAddress } from '../../model/index.ts';
import { absoluteName, containerName } from '../host-view/domain-name.ts';
import { findService } from '../host-view/find.ts';
import { hostName } from '../host-view/host-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import { isLocalAddress, liesIn } from '../host-view/identity.ts';
import { parseServiceKey, serviceName } from '../host-view/service-key.ts';

export type ReverseName =
  /** Lower case, absolute. */
  | { readonly kind: 'name'; readonly name: string }
  /** The address is in one of the known networks, but has no name. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'foreign' };

/**
 * The name of an address: of a container of this host, else of a container on the managed network, else of a host, else of a service
 * that is declared with it. Bridges of other hosts do not count, because bridges of this host use the same addresses.
 */
export function ptrName(view: HostView, address: string): ReverseName {
  const plain = plainAddress(address);
  const { local, managed, managedSubnets } = view.index;
  const container = local.get(plain) ?? (local.has(plain) ? null : managed.get(plain)?.[0]);
  const relative = container ? containerName(container) : local.has(plain) ? null : declaredName(view, plain);
  const name = relative ? absoluteName(view, relative) : null;
  if (name) return { kind: 'name', name };
  const ours = isLocalAddress(view, plain) || liesIn(managedSubnets, plain);
  return { kind: ours || local.has(plain) ? 'nobody' : 'foreign' };
}

/** Whether all addresses from the first to the last are in one network of this host or in the managed network. */
export function isOurRange({ index }: HostView, first: string, last: string): boolean {
  return [...index.localSubnets, ...index.managedSubnets].some((subnet) =>
    [first, last].every((end) => liesIn([subnet], end)),
  );
}

/** Relative to the suffix. */
function declaredName(view: HostView, address: string): string | null {
  const known = view.index.declared.get(address);
  const host = known?.hosts.map((id) => view.snapshot.hosts.get(id)?.host).find((one) => one);
  if (host) return hostName(host);
  const key = known?.services.find((one) => findService(view, one));
  const parts = key === undefined ? null : parseServiceKey(key);
  return parts && serviceName(parts);
}
