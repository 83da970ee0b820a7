import type { Container } from '../model/index.ts';

/** Why a container's resolv.conf is not ours to write now; null: it is. Pure. */
export function exemptionOf(container: Container): string | null {
  const refusal = refusalOf(container);
  if (refusal !== null) return refusal;
  return isBeforeStart(container) && container.state !== 'starting' ? 'it is not running' : null;
}

/** Why it is not ours in any state. Pure. */
export function refusalOf({ networkMode, labels }: Container): string | null {
  if (networkMode === 'none') return 'it has no network';
  if (networkMode === 'container') return 'it uses the file of the container whose network it shares';
  if (isFalse(labels['io.rancher.container.dns'])) return 'its label io.rancher.container.dns is false';
  return isFalse(labels['drover.dns']) ? 'its label drover.dns is false' : null;
}

/** It has no process yet, or none any more: Docker writes its file anew before it has one. Pure. */
export function isBeforeStart({ state }: Container): boolean {
  return state === 'created' || state === 'starting' || state === 'restarting' || state === 'stopped';
}

/** Where our search domains stand among those it has already. Pure. */
export function searchPositionOf({ labels }: Container): 'first' | 'last' {
  return labels['io.rancher.container.dns.priority']?.toLowerCase() === 'service_last' ? 'last' : 'first';
}

function isFalse(text: string | undefined): boolean {
  return text?.toLowerCase() === 'false';
}
