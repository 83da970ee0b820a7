export interface SlotLimits {
  readonly total: number;
  readonly anAsker: number;
}

/** Slots for queries in flight, shared fairly: an asker with many queries cannot take the slots of others. */
export interface Slots {
  /**
   * Takes a slot for a query of an asker. Returns the function that frees the slot (idempotent), or null if there is none.
   * `displaced` is called when the slot is given to an asker with fewer queries.
   */
  take(asker: string, displaced: () => void): (() => void) | null;
  taken(): number;
  /** Refused or displaced so far. */
  refused(): number;
}

export function createSlots(limits: SlotLimits): Slots {
  /** By asker, oldest query first. */
  const askers = new Map<string, Set<() => void>>();
  let taken = 0;
  let refused = 0;

  const free = (asker: string, slot: () => void): boolean => {
    const slots = askers.get(asker);
    if (!slots?.delete(slot)) return false;
    taken -= 1;
    if (slots.size === 0) askers.delete(asker);
    return true;
  };
  /** Displaces the oldest query of the asker with the most, unless the new query's asker has as many. */
  const makeRoom = (own: number): boolean => {
    let heaviest = '';
    let most = own + 1;
    for (const [asker, { size }] of askers) {
      if (size <= most) continue;
      heaviest = asker;
      most = size;
    }
    const [oldest] = askers.get(heaviest) ?? [];
    if (!oldest || most === own + 1) return false;
    free(heaviest, oldest);
    refused += 1;
    oldest();
    return true;
  };

  return {
    take: (asker, displaced) => {
      const own = askers.get(asker)?.size ?? 0;
      if (own >= limits.anAsker || (taken >= limits.total && !makeRoom(own))) {
        refused += 1;
        return null;
      }
      const slot = () => displaced();
      const slots = askers.get(asker) ?? new Set();
      slots.add(slot);
      askers.set(asker, slots);
      taken += 1;
      return () => void free(asker, slot);
    },
    taken: () => taken,
    refused: () => refused,
  };
}
