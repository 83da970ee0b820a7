import { eachDifference } from '../model/index.ts';
import {
  type Checkers,
  type CheckTarget,
  checkersIn,
  checkTargets,
  findService,
  type HostView,
  type ServiceView,
  type StackView,
  standaloneTarget,
} from '../view/index.ts';
import type { Target } from './opinion/target.ts';

/**
 * Gives the targets of this host for each view. Computes those of the services that changed only, or all of them if the hosts or their
 * networks changed. The list is the identical one while no target changes.
 */
export function createTargetFollower(): (view: HostView) => readonly Target[] {
  const ofServices = new Map<string, readonly Target[]>();
  /** Services whose containers share the network of other containers, and thus change with those. */
  const sharing = new Set<string>();
  let before: HostView | null = null;
  let checkers: Checkers = [];
  let targets: readonly Target[] = [];

  const put = (view: HostView, key: string, service: ServiceView | undefined | null): void => {
    const found = service ? checkTargets(view, service, checkers).flatMap(placed) : [];
    if (found.length === 0) ofServices.delete(key);
    else if (!sameTargets(ofServices.get(key) ?? [], found)) ofServices.set(key, found);
    if (service && found.length > 0 && service.containers.some(({ networkFrom }) => networkFrom !== null))
      sharing.add(key);
    else sharing.delete(key);
  };
  return (view) => {
    const base = before && sameHosts(before, view) ? before : null;
    if (!base) {
      ofServices.clear();
      checkers = checkersIn(view.snapshot);
    }
    before = view;
    for (const key of [...sharing]) put(view, key, findService(view, key));
    eachDifference(base?.stacks ?? NO_STACKS, view.stacks, (stack, old, now) =>
      eachDifference(old?.services ?? NO_SERVICES, now?.services ?? NO_SERVICES, (inner, _old, service) =>
        put(view, `${stack}/${inner}`, service),
      ),
    );
    const found = [...[...ofServices.values()].flat(), ...standaloneTargets(view)];
    if (!sameTargets(targets, found)) targets = found;
    return targets;
  };
}

const NO_STACKS: ReadonlyMap<string, StackView> = new Map();
const NO_SERVICES: ReadonlyMap<string, ServiceView> = new Map();

/** The checkers of a container and its address follow from the hosts and their networks. */
function sameHosts(before: HostView, after: HostView): boolean {
  let same = before.hostId === after.hostId;
  eachDifference(before.snapshot.hosts, after.snapshot.hosts, (_id, old, now) => {
    if (old?.host !== now?.host || old?.networks !== now?.networks) same = false;
  });
  return same;
}

function standaloneTargets(view: HostView): readonly Target[] {
  const own = view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [];
  return [...own].flatMap((container) => standaloneTarget(view, container).flatMap(placed));
}

function placed({ container, address, check, voters }: CheckTarget): readonly Target[] {
  const { id: containerId, hostId, startedAtMs } = container;
  return startedAtMs === null ? [] : [{ hostId, containerId, startedAtMs, address, port: check.port, check, voters }];
}

function sameTargets(before: readonly Target[], after: readonly Target[]): boolean {
  return before.length === after.length && before.every((one, at) => sameTarget(one, after[at] as Target));
}

/** Targets of services that did not change are identical. */
function sameTarget(one: Target, other: Target): boolean {
  if (one === other) return true;
  return (
    one.containerId === other.containerId &&
    one.hostId === other.hostId &&
    one.startedAtMs === other.startedAtMs &&
    one.address === other.address &&
    one.voters.length === other.voters.length &&
    one.voters.every((id, at) => id === other.voters[at]) &&
    sameCheck(one.check, other.check)
  );
}

/** Checks of labels are read anew for each view. */
function sameCheck(one: CheckTarget['check'] | Target['check'], other: Target['check']): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
