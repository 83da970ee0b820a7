import { type Container, type DraftMap, draftMap, type Host, type HostState, type Network } from '../model/index.ts';

/** The state of one host in the making. */
export interface HostDraft {
  host: Host | null;
  readonly containers: DraftMap<Container>;
  readonly networks: DraftMap<Network>;
  /** Facts of a kind that has no slot of its own, by id. */
  ofKind(name: string): DraftMap<unknown>;
  /** The state before if nothing changed. */
  result(): HostState;
}

export const emptyHostState: HostState = { host: null, containers: new Map(), networks: new Map(), facts: new Map() };

export function createHostDraft(before: HostState): HostDraft {
  const kinds = new Map<string, DraftMap<unknown>>();
  const facts = (): HostState['facts'] => {
    const changed = draftMap(before.facts);
    for (const [name, draft] of kinds) {
      const ofKind = draft.result();
      if (ofKind.size > 0) changed.set(name, ofKind);
      else changed.delete(name);
    }
    return changed.result();
  };
  const draft: HostDraft = {
    host: before.host,
    containers: draftMap(before.containers),
    networks: draftMap(before.networks),
    ofKind: (name) => {
      const ofKind = kinds.get(name) ?? draftMap(before.facts.get(name) ?? new Map<string, unknown>());
      kinds.set(name, ofKind);
      return ofKind;
    },
    result: () => {
      const after: HostState = {
        host: draft.host,
        containers: draft.containers.result(),
        networks: draft.networks.result(),
        facts: facts(),
      };
      const same =
        after.host === before.host &&
        after.containers === before.containers &&
        after.networks === before.networks &&
        after.facts === before.facts;
      return same ? before : after;
    },
  };
  return draft;
}
