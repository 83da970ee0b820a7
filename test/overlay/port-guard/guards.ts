import type { DesiredGuard } from '../../../overlay/port-guard/desired-guard.ts';
import { findBindings } from '../../../overlay/port-guard/find-ports.ts';
import type { BridgePort, ObservedGuard } from '../../../overlay/port-guard/observed-guard.ts';
import { guardElements } from '../../../overlay/port-guard/plan.ts';
import { type GuardElements, NO_ELEMENTS, renderFrame } from '../../../overlay/port-guard/render.ts';

/** Container n: 10.42.1.n on port `veth<n>`, which leads into namespace number n. */
export const containerAt = (n: number) => ({ id: `c${n}`, ipv4: `10.42.1.${n}`, mac: `02:42:0a:2a:01:0${n}` });

export const portAt = (n: number, changes: Partial<BridgePort> = {}): BridgePort => ({
  name: `veth${n}`,
  index: n,
  bridge: 'drover1',
  namespace: n,
  ...changes,
});

export const desiredOf = (...numbers: readonly number[]): DesiredGuard => ({
  device: 'drover1',
  containers: numbers.map(containerAt),
});

/** A host without the guard's table, with the ports of these containers. */
export const bare = (...numbers: readonly number[]): ObservedGuard => ({
  frame: null,
  elements: NO_ELEMENTS,
  published: null,
  refusal: null,
  ports: numbers.map((n) => portAt(n)),
  ownAddresses: ['10.42.1.1'],
  namespaces: new Map(numbers.map((n) => [`c${n}`, n])),
  hidden: [],
});

/** What the sets of the table should contain. */
export const elementsOf = (desired: DesiredGuard, observed: ObservedGuard): GuardElements =>
  guardElements(desired.device, findBindings(desired, observed), observed);

/** The same host with a table that has these elements. */
export const standing = (observed: ObservedGuard, elements: GuardElements): ObservedGuard => ({
  ...observed,
  frame: renderFrame('drover_guard'),
  elements,
});
