import type { Container } from '../../model/index.ts';

/** The newest container, with which an update begins; empty if there is none. */
export function newestOf(containers: readonly Container[]): readonly Container[] {
  if (containers.length < 2) return containers;
  return [containers.reduce((newest, other) => (other.createdAtMs > newest.createdAtMs ? other : newest))];
}
