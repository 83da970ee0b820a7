import { eachDifference } from '../../model/index.ts';
import {
  ANY_CHANGE,
  containerKey,
  type DependencyKey,
  dockerKey,
  factKey,
  hostKey,
  nameKey,
  serviceKeyOf,
  stackKey,
} from './dependency-key.ts';
import type { HostView, StackView } from './host-view.ts';

/**
 * The keys of everything that differs by identity between two views of one host. Shared parts cost one comparison. Answers that
 * depend on none of the keys are valid in both views. `everything` means that no answer is valid in both. Not covered: the addresses
 * of containers on this host, and the scope of an asker.
 */
export function differences(before: HostView, after: HostView): 'everything' | ReadonlySet<DependencyKey> {
  const keys = new Set<DependencyKey>();
  if (before === after) return keys;
  if (!isComparable(before, after)) return 'everything';
  keys.add(ANY_CHANGE);
  eachDifference(before.snapshot.hosts, after.snapshot.hosts, (id, old, now) => {
    if (old?.host !== now?.host || old?.networks !== now?.networks) keys.add(hostKey(id));
    eachDifference(old?.containers ?? NONE, now?.containers ?? NONE, (container) => keys.add(containerKey(container)));
    eachDifference(old?.facts ?? NONE, now?.facts ?? NONE, (kind, oldOfKind, nowOfKind) =>
      eachDifference<unknown>(oldOfKind ?? NONE, nowOfKind ?? NONE, (fact) => keys.add(factKey(id, kind, fact))),
    );
  });
  eachDifference(before.stacks, after.stacks, (stack, old, now) => {
    if (!old || !now) keys.add(stackKey(stack));
    eachDifference(servicesOf(old), servicesOf(now), (inner) => keys.add(serviceKeyOf(`${stack}/${inner}`)));
  });
  eachDifference(before.index.names, after.index.names, (name) => keys.add(nameKey(name)));
  eachDifference(before.index.docker, after.index.docker, (name) => keys.add(dockerKey(name)));
  return keys;
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function isComparable(before: HostView, after: HostView): boolean {
  return (
    before.hostId === after.hostId &&
    before.snapshot.complete === after.snapshot.complete &&
    before.snapshot.environment.uuid === after.snapshot.environment.uuid &&
    isSameList(before.snapshot.environment.suffixes, after.snapshot.environment.suffixes) &&
    isSameMap(before.index.sidekickOf, after.index.sidekickOf)
  );
}

function servicesOf(stack: StackView | undefined): StackView['services'] {
  return stack?.services ?? NONE;
}

function isSameList(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((item, at) => item === after[at]);
}

function isSameMap(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean {
  if (before === after) return true;
  return before.size === after.size && [...before].every(([key, value]) => after.get(key) === value);
}
