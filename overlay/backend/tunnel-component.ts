import { KERNEL_INTERVAL_MS } from '../../linux/index.ts';
import type { Component } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Backend, DesiredTunnels } from './backend.ts';

/** Associations of IPsec and peers of WireGuard change without an event of the kernel. */
const KEYED_INTERVAL_MS = 3_000;
/** While nothing of the backend may exist on this host. */
const UNUSED_INTERVAL_MS = 60_000;

/** The tunnels of one backend on this host. */
export function tunnelComponent<Observed, Change>(
  { name, slot, applier }: Pick<Backend<Observed, Change>, 'name' | 'slot' | 'applier'>,
  desired: (view: HostView) => DesiredTunnels | null,
): Component<HostView, DesiredTunnels, Observed, Change> {
  let isUsed = false;
  const usedMs = name === 'ipsec' || name === 'wireguard' ? KEYED_INTERVAL_MS : KERNEL_INTERVAL_MS;
  return {
    name: tunnelName({ name, slot }),
    applier,
    desired: (view) => {
      const tunnels = desired(view);
      isUsed = (tunnels?.own ?? null) !== null;
      return tunnels;
    },
    followed: name === 'vxlan',
    intervalMs: () => (isUsed ? usedMs : UNUSED_INTERVAL_MS),
  };
}

/** Of its component: `tunnel wireguard-0`. */
export function tunnelName({ name, slot }: Pick<Backend, 'name' | 'slot'>): string {
  return `tunnel ${name}-${slot}`;
}
