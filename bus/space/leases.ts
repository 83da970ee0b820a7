import { type JsonValue, sameJson } from '../../model/index.ts';
import type { FactKey, FactMap } from '../bus.ts';

/** One incarnation's hold on a host's facts. */
export interface Place {
  readonly hostId: string;
  readonly lost: AbortSignal;
  publish(changes: ReadonlyMap<FactKey, JsonValue | null>): void;
  /** Withdraws the facts, if they are still this incarnation's. */
  leave(): void;
  /** What the bus does to a host it has not heard of for too long. */
  expire(): void;
}

/** The hosts of one environment and what they publish. */
export interface Leases {
  /** The same map until something changed, with the same facts and values for what did not. */
  facts(): ReadonlyMap<string, FactMap>;
  join(hostId: string): Place;
  /** Declares a host's lease dead. */
  expire(hostId: string): void;
}

interface Holder {
  readonly lost: AbortController;
  /** Nothing published yet: what stands is an earlier incarnation's. */
  fresh: boolean;
}

const noFacts: FactMap = new Map();

export function createLeases(changed: () => void): Leases {
  const holders = new Map<string, Holder>();
  let facts: ReadonlyMap<string, FactMap> = new Map();

  const replace = (hostId: string, next: FactMap | null): void => {
    const hosts = new Map(facts);
    if (next) hosts.set(hostId, next);
    else if (!hosts.delete(hostId)) return;
    facts = hosts;
    changed();
  };
  const leave = (hostId: string, holder: Holder | undefined): boolean => {
    if (!holder || holders.get(hostId) !== holder) return false;
    holders.delete(hostId);
    replace(hostId, null);
    return true;
  };
  const expire = (hostId: string, holder: Holder | undefined): void => {
    if (leave(hostId, holder)) holder?.lost.abort(new Error(`lease of host ${hostId}: it has expired; join again`));
  };
  const publish = (hostId: string, holder: Holder, changes: ReadonlyMap<FactKey, JsonValue | null>): void => {
    if (holders.get(hostId) !== holder) throw new Error(`lease of host ${hostId}: it has ended; join again`);
    const before = facts.get(hostId);
    const next = applyChanges(before ?? noFacts, changes, holder.fresh);
    holder.fresh = false;
    if (next !== before) replace(hostId, next);
  };

  return {
    facts: () => facts,
    join: (hostId) => {
      const holder: Holder = { lost: new AbortController(), fresh: true };
      const previous = holders.get(hostId);
      holders.set(hostId, holder);
      previous?.lost.abort(new Error(`lease of host ${hostId}: a newer incarnation has joined`));
      return {
        hostId,
        lost: holder.lost.signal,
        publish: (changes) => publish(hostId, holder, changes),
        leave: () => void leave(hostId, holder),
        expire: () => expire(hostId, holder),
      };
    },
    expire: (hostId) => expire(hostId, holders.get(hostId)),
  };
}

/** The facts after the changes: the same map if they change nothing. `replaceAll`: what they do not name goes. */
function applyChanges(before: FactMap, changes: ReadonlyMap<FactKey, JsonValue | null>, replaceAll: boolean): FactMap {
  const after = new Map(replaceAll ? undefined : before);
  let same = !replaceAll || before.size === changes.size;
  for (const [key, value] of changes) {
    const old = before.get(key);
    if (value === null) {
      if (after.delete(key) || (replaceAll && old !== undefined)) same = false;
    } else if (old !== undefined && sameJson(old, value)) {
      after.set(key, old);
    } else {
      after.set(key, value);
      same = false;
    }
  }
  return same && before !== noFacts ? before : after;
}
