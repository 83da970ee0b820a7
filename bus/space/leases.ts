import { type JsonValue, sameJson } from '../../model/index.ts';
import type { FactKey, FactMap } from '../contract/bus.ts';

/** The claim of one incarnation on the facts of its host. */
export interface HostLease {
  readonly hostId: string;
  readonly lost: AbortSignal;
  publish(changes: ReadonlyMap<FactKey, JsonValue | null>): void;
  /** Withdraws the facts unless another incarnation has taken over. */
  leave(): void;
  /** Ends the lease as a bus does after its time to live. */
  expire(): void;
}

/** The hosts of one environment and the facts they publish. */
export interface HostLeases {
  /** The same map until something changes; what did not change keeps its identity. */
  facts(): ReadonlyMap<string, FactMap>;
  join(hostId: string): HostLease;
  /** Ends the lease of a host as a bus does after its time to live. */
  expire(hostId: string): void;
}

interface Holder {
  readonly lost: AbortController;
  /** True until the first publish: the present facts are those of an earlier incarnation. */
  fresh: boolean;
}

const noFacts: FactMap = new Map();

export function createHostLeases(changed: () => void): HostLeases {
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
    if (leave(hostId, holder)) holder?.lost.abort(new Error(`lease of host ${hostId}: expired; join again`));
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

/** The facts after the changes; the same map if nothing changes. `replaceAll` removes the facts that `changes` does not name. */
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
