import { plainAddress } from '../../model/index.ts';
import { absoluteName } from '../host-view/domain-name.ts';
import { findService } from '../host-view/find.ts';
import { hostName } from '../host-view/host-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import { isLocalAddress, liesIn } from '../host-view/identity.ts';
import { parseServiceKey, serviceName } from '../host-view/service-key.ts';

export type ReverseName =
  /** Lower case, absolute. */
  | { readonly kind: 'name'; readonly name: string }
  /** In a network of ours, but nobody has it. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'foreign' };

/**
 * The name an address stands for: this host's containers first, then the managed network of all hosts, then hosts, then the
 * services that were declared with it. Other hosts' bridges do not count: their addresses are ours too, with other
 * containers behind them.
 */
export function ptrName(view: HostView, address: string): ReverseName {
  const plain = plainAddress(address);
  const { local, managed, managedSubnets } = view.index;
  const container = local.get(plain) ?? (local.has(plain) ? null : managed.get(plain)?.[0]);
  const relative = container?.name ?? (local.has(plain) ? null : declaredName(view, plain));
  const name = relative ? absoluteName(view, relative) : null;
  if (name) return { kind: 'name', name };
  const ours = isLocalAddress(view, plain) || liesIn(managedSubnets, plain);
  return { kind: ours || local.has(plain) ? 'nobody' : 'foreign' };
}

/** Whether all addresses from the first to the last are of one network of ours, this host's or the managed one. */
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
