import type { Container } from '../model/index.ts';
import type { HostView } from './host-view.ts';

/**
 * The container of this host that sends from `address` (on any of its networks; starting, running, stopping or paused).
 * Containers that share a network namespace are its owner. Null: the host itself, nobody known, or not certain.
 */
export function identify(_view: HostView, _address: string): Container | null {
  throw new Error('not yet');
}

/** Whether the address lies in a Docker network of this host: if nobody has it, a container may just be starting there. */
export function isLocalAddress(_view: HostView, _address: string): boolean {
  throw new Error('not yet');
}

export type ReverseName =
  /** Lower case, absolute. */
  | { readonly kind: 'name'; readonly name: string }
  /** In a network of ours, but nobody has it. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'foreign' };

/** The name an address stands for: this host's containers first, then the managed network of all hosts. */
export function ptrName(_view: HostView, _address: string): ReverseName {
  throw new Error('not yet');
}
