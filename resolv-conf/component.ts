import type { Component } from '../reconcile/index.ts';
import type { HostView } from '../view/index.ts';
import { type ContainerResolver, desiredResolvers } from './desired-resolvers.ts';
import type { ResolvConfChange } from './plan.ts';
import type { ResolvConf } from './resolv-conf.ts';
import type { ObservedFiles } from './resolver-state.ts';

export interface ResolvConfSources {
  /** Whether Docker has listed this host's containers: those known from before a restart may be gone. */
  readonly isComplete: () => boolean;
}

const INTERVAL_MS = 30_000;

/** Drover as the only resolver of all containers of this host that reach it. */
export function resolvConfComponent(
  { applier, reachOf }: Pick<ResolvConf, 'applier' | 'reachOf'>,
  { isComplete }: ResolvConfSources,
): Component<HostView, readonly ContainerResolver[], ObservedFiles, ResolvConfChange> {
  let last: readonly ContainerResolver[] | null = null;
  return {
    name: 'resolv.conf',
    intervalMs: INTERVAL_MS,
    applier,
    desired: (view) => {
      if (!isComplete()) return null;
      last = desiredResolvers(view, last, reachOf);
      return last;
    },
  };
}
