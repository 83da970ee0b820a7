import type { Component } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Backend, DesiredTunnels } from './backend.ts';

/** The tunnels of one backend on this host. */
export function tunnelComponent<Observed, Change>(
  { name, slot, applier }: Pick<Backend<Observed, Change>, 'name' | 'slot' | 'applier'>,
  desired: (view: HostView) => DesiredTunnels | null,
): Component<HostView, DesiredTunnels, Observed, Change> {
  return { name: tunnelName({ name, slot }), applier, desired };
}

/** Of its component: `tunnel wireguard-0`. */
export function tunnelName({ name, slot }: Pick<Backend, 'name' | 'slot'>): string {
  return `tunnel ${name}-${slot}`;
}
