import type { Container } from '../model/index.ts';

/** Why Drover does not write the resolv.conf of a container in its present state; null: it writes it. */
export function exemptionOf(container: Container): string | null {
  const exclusion = exclusionOf(container);
  if (exclusion !== null) return exclusion;
  return isBeforeStart(container) && container.state !== 'starting' ? 'it is not running' : null;
}

/** Why Drover never writes the resolv.conf of a container. */
export function exclusionOf({ networkMode, addresses, labels, system }: Container): string | null {
  // Other networks can be attached later.
  if (networkMode === 'none' && addresses.length === 0) return 'it has no network';
  if (networkMode === 'container') return 'it uses the file of the container whose network it shares';
  if (isFalse(labels['io.rancher.container.dns'])) return 'its label io.rancher.container.dns is false';
  // Drover's own containers read the resolvers of the host in it.
  if (system) return 'it is part of the infrastructure';
  return isFalse(labels['drover.dns']) ? 'its label drover.dns is false' : null;
}

/** The container has no process yet, or none any more: Docker writes the file again before the container starts. */
export function isBeforeStart({ state }: Pick<Container, 'state'>): boolean {
  return state === 'created' || state === 'starting' || state === 'restarting' || state === 'stopped';
}

function isFalse(text: string | undefined): boolean {
  return text?.toLowerCase() === 'false';
}
