import type { Container, HostState } from '../../model/index.ts';
import { type HostView, isSidekick, type StackView } from '../../view/index.ts';

/** All hosts, by name. */
export function hostsOf(view: HostView): readonly HostState[] {
  const states = [...view.snapshot.hosts].map(([id, state]) => ({ key: `${state.host?.name ?? ''}/${id}`, state }));
  return states.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ state }) => state);
}

/** The containers of a host that belong to no service, by name. */
export function standaloneOf(state: HostState): readonly Container[] {
  return [...state.containers.values()].filter(isStandalone).sort(byName);
}

/** The names of a stack's sidekicks, by the lower-case name of their primary service. */
export function sidekicksByLeader(stack: StackView): ReadonlyMap<string, readonly string[]> {
  const all = [...stack.services.values()].filter(isSidekick);
  const byLeader = Map.groupBy(all, (service) => service.primaryService.toLowerCase());
  return new Map([...byLeader].map(([leader, services]) => [leader, services.map(({ name }) => name)]));
}

function isStandalone({ stack, service, primaryService }: Container): boolean {
  const names = [stack, service, primaryService ?? service];
  return names.some((name) => name === null || name === '' || name.includes('/'));
}

function byName(a: Container, b: Container): number {
  return `${a.name}/${a.id}` < `${b.name}/${b.id}` ? -1 : 1;
}
