import { hash32 } from '../../model/index.ts';

/** How many other hosts probe each host. */
export const PROBERS = 3;

/** All hosts in the order of their hash, which is the same on every host. */
export type Ring = readonly string[];

export function ringOf(hostIds: Iterable<string>): Ring {
  const ring = [...new Set(hostIds)].map((id) => ({ id, at: hash32(id) }));
  return ring.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

/** The hosts that probe `hostId`: its successors on the ring, nearest first. */
export function probersOf(hostId: string, ring: Ring, count = PROBERS): readonly string[] {
  return neighbours(hostId, ring, count, 1);
}

/** The hosts that `hostId` probes: its predecessors on the ring, nearest first. */
export function probedBy(hostId: string, ring: Ring, count = PROBERS): readonly string[] {
  return neighbours(hostId, ring, count, -1);
}

function neighbours(hostId: string, ring: Ring, count: number, step: 1 | -1): readonly string[] {
  const at = ring.indexOf(hostId);
  const found: string[] = [];
  for (let distance = 1; distance < ring.length && found.length < count; distance += 1) {
    const next = ring[(at + step * distance + ring.length) % ring.length];
    if (next !== undefined) found.push(next);
  }
  return found;
}
