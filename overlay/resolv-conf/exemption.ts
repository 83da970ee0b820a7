import type { Container } from '../../model/index.ts';

/** Why a container's resolv.conf is not ours to write; null: it is ours. Pure. */
export function exemptionOf({ networkMode, state, labels }: Container): string | null {
  if (networkMode === 'none') return 'it has no network';
  if (networkMode === 'container') return 'it uses the file of the container whose network it shares';
  if (isFalse(labels['io.rancher.container.dns'])) return 'its label io.rancher.container.dns is false';
  if (isFalse(labels['drover.dns'])) return 'its label drover.dns is false';
  if (state === 'created' || state === 'stopped' || state === 'restarting') return 'it is not running';
  return null;
}

/** Where our search domains stand among those it has already. Pure. */
export function searchPositionOf({ labels }: Container): 'first' | 'last' {
  return labels['io.rancher.container.dns.priority']?.toLowerCase() === 'service_last' ? 'last' : 'first';
}

function isFalse(text: string | undefined): boolean {
  return text?.toLowerCase() === 'false';
}
