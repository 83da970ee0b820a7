import { hash32 } from '../../model/index.ts';

/** How many other hosts probe each host. */
export const PROBERS = 3;

/** All hosts in the order of their hash, which is the same on every host. */
function ringOf(hostIds: Iterable<string>): readonly string[] {
  const ring = [...new Set(hostIds)].map((id) => ({ id, at: hash32(id) }));
  return ring.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

/** The hosts that probe `hostId`: its successors on the ring, nearest first. */
export function probersOf(hostId: string, hostIds: Iterable<string>, count = PROBERS): readonly string[] {
  return neighbours(hostId, hostIds, count, 1);
}

/** The hosts that `hostId` probes: its predecessors on the ring, nearest first. */
export function probedBy(hostId: string, hostIds: Iterable<string>, count = PROBERS): readonly string[] {
  return neighbours(hostId, hostIds, count, -1);
}

function neighbours(hostId: string, hostIds: Iterable<string>, count: number, step: 1 | -1): readonly string[] {
  const ring = ringOf([...hostIds, hostId]);
  const at = ring.indexOf(hostId);
  const found: string[] = [];
  for (let distance = 1; distance < ring.length && found.length < count; distance += 1) {
    const next = ring[(at + step * distance + ring.length) % ring.length];
    if (next !== undefined) found.push(next);
  }
  return found;
}
