import { hash32 } from '../contract/hash.ts';

/** Each host is probed by so many others. */
export const PROBERS = 3;

/** All hosts in the one order that every host computes alike, evenly mixed. */
function ringOf(hostIds: Iterable<string>): readonly string[] {
  const ring = [...new Set(hostIds)].map((id) => ({ id, at: hash32(id) }));
  return ring.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

/** Who probes `hostId`: its successors on the ring, nearest first. */
export function probersOf(hostId: string, hostIds: Iterable<string>, count = PROBERS): readonly string[] {
  return neighbours(hostId, hostIds, count, 1);
}

/** Whom `hostId` probes: its predecessors on the ring. */
export function probedBy(hostId: string, hostIds: Iterable<string>, count = PROBERS): readonly string[] {
  return neighbours(hostId, hostIds, count, -1);
}

function neighbours(hostId: string, hostIds: Iterable<string>, count: number, step: 1 | -1): readonly string[] {
  const ring = ringOf([...hostIds, hostId]);
  const at = ring.indexOf(hostId);
  const found: string[] = [];
  for (let away = 1; away < ring.length && found.length < count; away += 1) {
    const next = ring[(at + step * away + ring.length) % ring.length];
    if (next !== undefined) found.push(next);
  }
  return found;
}
