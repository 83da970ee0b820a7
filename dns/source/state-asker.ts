import type { Container } from '../../model/index.ts';
import {
  type HostView,
  type LinkTarget,
  networksText,
  reachesManaged,
  type Scope,
  scopeOf,
  serviceOf,
} from '../../view/index.ts';
import type { Asker } from '../query/name-source.ts';

/** A container of this host or any other sender, with the names it sees. */
export interface StateAsker extends Asker {
  readonly scope: Scope;
}

/** `container` is null for an asker that is not a container of this host. */
export function stateAsker(view: HostView, container: Container | null): StateAsker {
  const scope = scopeOf(view, container);
  return {
    key: keyOf(view, scope),
    label: container?.name ?? 'anybody',
    dns: scope.dns,
    scope,
    isCommon: scope.links.size === 0 && reachesManaged(view, container),
  };
}

/** Equal for containers that get the same answers. */
export function askerKey(view: HostView, container: Container): string {
  return keyOf(view, scopeOf(view, container));
}

/**
 * Everything except the question that answers to an asker depend on, as text, so that replicas of a service share answers. The
 * service is included because members of a service see more of its endpoints, the networks because others are not reachable.
 */
function keyOf(view: HostView, { container, search, links }: Scope): string {
  if (container === null) return '';
  const linked = [...links].map(([name, target]) => `${name}=${targetText(target)}`);
  const service = serviceOf(view, container)?.key ?? '';
  return [[service], search, container.dnsSearch, linked.sort(), [networksText(view, container)]]
    .map((part) => part.join(' '))
    .join('\n');
}

function targetText(target: LinkTarget): string {
  return target.kind === 'service' ? `service ${target.key}` : `container ${target.container.id}`;
}
