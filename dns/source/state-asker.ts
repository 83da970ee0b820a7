import type { Container } from '../../model/index.ts';
import { type HostView, type LinkTarget, networkOwner, type Scope, scopeOf, serviceOf } from '../../view/index.ts';
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
    isCommon: scope.links.size === 0,
  };
}

/**
 * Everything except the question that answers to an asker depend on, as text, so that replicas of a service share answers. The
 * networks are included because the address of an endpoint is chosen on a shared network.
 */
function keyOf(view: HostView, { container, search, links }: Scope): string {
  if (container === null) return '';
  const linked = [...links].map(([name, target]) => `${name}=${targetText(target)}`);
  const networks = (networkOwner(view, container)?.addresses ?? []).map(({ networkId }) => networkId);
  const stack = serviceOf(view, container)?.stack ?? '';
  return [[stack], search, container.dnsSearch, linked.sort(), networks.sort()]
    .map((part) => part.join(' '))
    .join('\n');
}

function targetText(target: LinkTarget): string {
  return target.kind === 'service' ? `service ${target.key}` : `container ${target.container.id}`;
}
