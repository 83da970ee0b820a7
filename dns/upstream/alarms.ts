import type { Clock } from '../../system/index.ts';

/** Many deadlines at little cost: those of the same hundredth of a second share one sleep. */
export interface Alarms {
  /** Calls `ring` in `ms` or a little later, unless it is called off before. */
  in(ms: number, ring: () => void): Alarm;
}

export interface Alarm {
  /** Idempotent. */
  cancel(): void;
}

const SLOT_MS = 10;

/** A sleep of its own for every deadline costs more than the query it belongs to. Nothing rings after `signal` aborts. */
export function createAlarms({ clock }: { readonly clock: Clock }, signal: AbortSignal): Alarms {
  const slots = new Map<number, Set<() => void>>();
  const wait = async (slot: number, rings: Set<() => void>): Promise<void> => {
    await clock.sleep(Math.max(0, slot * SLOT_MS - clock.monotonic()), signal);
    slots.delete(slot);
    for (const ring of rings) ring();
  };
  const open = (slot: number): Set<() => void> => {
    const rings = new Set<() => void>();
    slots.set(slot, rings);
    wait(slot, rings).catch(() => slots.delete(slot));
    return rings;
  };
  return {
    in: (ms, ring) => {
      const slot = Math.ceil((clock.monotonic() + ms) / SLOT_MS);
      const rings = slots.get(slot) ?? open(slot);
      // Of its own, so that the same function can be set twice.
      const entry = () => ring();
      rings.add(entry);
      return { cancel: () => void rings.delete(entry) };
    },
  };
}
