import { diffFacts, type FactChanges, type FactMap } from '../../facts/index.ts';
import { withChanges } from '../contract/bus-state.ts';
import { applyFactChanges } from '../contract/fact-changes.ts';

/** The claim of one incarnation on the facts of its host. */
export interface HostLease {
  readonly hostId: string;
  readonly lost: AbortSignal;
  publish(changes: FactChanges): void;
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
    const hosts = withChanges(facts, [[hostId, next]]);
    if (hosts === facts) return;
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
  const publish = (hostId: string, holder: Holder, changes: FactChanges): void => {
    if (holders.get(hostId) !== holder) throw new Error(`lease of host ${hostId}: it has ended; join again`);
    const before = facts.get(hostId);
    const present = before ?? noFacts;
    // The first publish replaces all facts of an earlier incarnation.
    const effective = holder.fresh ? diffFacts(present, applyFactChanges(noFacts, changes)) : changes;
    const next = applyFactChanges(present, effective);
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
