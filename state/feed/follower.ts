import type { Reduce, Reduction } from '../../facts/index.ts';
import { draftMap, type JsonValue, sameJson } from '../../model/index.ts';
import { advance, emptyState, type State } from '../snapshot/advance.ts';
import { diffPictures, emptyPicture, type Picture, type SnapshotDelta } from '../snapshot/picture.ts';
import type { ServerMessage } from './wire.ts';

type Commit = Extract<ServerMessage, { readonly type: 'commit' }>;
type Hello = Extract<ServerMessage, { readonly type: 'hello' }>;
type Change = Extract<ServerMessage, { readonly type: 'host' | 'documents' }>;

/** Turns the messages of one connection into states. */
export interface FeedFollower {
  collect(message: Change): void;
  /** The state that the lines since the last commit lead to. */
  commit(commit: Commit): State;
}

/**
 * Continues from `own`, the state of this process, if it is of the same host and environment. While the agent's facts are not
 * complete, no fact of a complete own state is removed ("not known yet" is not "empty"). Values are reduced here as well,
 * because an agent of an earlier version may send more.
 */
export function createFollower(hello: Hello, own: State | null, reduce: Reduction): FeedFollower {
  let state = own && isOf(own, hello) ? own : emptyState(hello.environment, hello.hostId);
  let pending = emptyChange();
  /** The agent's facts, while they are incomplete and the own ones are complete. */
  let waitingWith: Picture | null = null;

  const collect = (message: Change): void => {
    if (message.type === 'documents') {
      collectInto(pending.documents, state.picture.documents, message.documents, reduce.document);
      return;
    }
    if (message.facts === null) {
      pending.hosts.set(message.id, null);
      return;
    }
    const facts = pending.hosts.get(message.id) ?? new Map<string, JsonValue | null>();
    collectInto(facts, state.picture.hosts.get(message.id), message.facts, reduce.fact);
    pending.hosts.set(message.id, facts);
  };
  const deltaOf = ({ full, complete }: Commit): SnapshotDelta => {
    const change: SnapshotDelta = { ...pending, ...(complete ? { complete } : {}) };
    if ((!full && !waitingWith) || isEmpty(state.picture)) return change;
    const theirs = patch(waitingWith ?? emptyPicture, change);
    const waits = state.picture.complete && !theirs.complete;
    waitingWith = waits ? theirs : null;
    const delta = diffPictures(state.picture, theirs) ?? emptyChange();
    return waits ? withoutRemovals(delta) : delta;
  };
  return {
    collect,
    commit: (commit) => {
      const delta = deltaOf(commit);
      pending = emptyChange();
      state = advance(state, delta, commit.revision).state;
      return state;
    },
  };
}

interface PendingChange {
  readonly hosts: Map<string, Map<string, JsonValue | null> | null>;
  readonly documents: Map<string, JsonValue | null>;
}

function emptyChange(): PendingChange {
  return { hosts: new Map(), documents: new Map() };
}

/** Replaces values by equal own ones, line by line, so that the comparison at the end is by identity. */
function collectInto(
  into: Map<string, JsonValue | null>,
  own: ReadonlyMap<string, JsonValue> | undefined,
  values: { readonly [key: string]: JsonValue },
  reduce: Reduce,
): void {
  for (const key in values) {
    const value = reduce(key, values[key] as JsonValue);
    if (value === undefined) continue;
    const known = own?.get(key);
    into.set(key, known !== undefined && sameJson(known, value) ? known : value);
  }
}

function isEmpty({ hosts, documents }: Picture): boolean {
  return hosts.size === 0 && documents.size === 0;
}

function isOf(state: State, { hostId, environment }: Hello): boolean {
  return state.hostId === hostId && sameJson({ ...state.snapshot.environment }, { ...environment });
}

function patch(picture: Picture, { hosts, documents, complete }: SnapshotDelta): Picture {
  const patched = draftMap(picture.hosts);
  for (const [hostId, changes] of hosts) {
    if (changes) patched.set(hostId, patchValues(patched.get(hostId) ?? new Map(), changes));
    else patched.delete(hostId);
  }
  const after = patchValues(picture.documents, documents);
  return { hosts: patched.result(), documents: after, complete: complete ?? picture.complete };
}

function patchValues(values: ReadonlyMap<string, JsonValue>, changes: ReadonlyMap<string, JsonValue | null>) {
  const patched = draftMap(values);
  for (const [key, value] of changes) {
    if (value === null) patched.delete(key);
    else patched.set(key, value);
  }
  return patched.result();
}

function withoutRemovals({ hosts, documents }: SnapshotDelta): SnapshotDelta {
  const kept = [...hosts].flatMap(([hostId, facts]): [string, ReadonlyMap<string, JsonValue | null>][] =>
    facts ? [[hostId, withoutNulls(facts)]] : [],
  );
  return { hosts: new Map(kept), documents: withoutNulls(documents) };
}

function withoutNulls(changes: ReadonlyMap<string, JsonValue | null>): Map<string, JsonValue | null> {
  return new Map([...changes].filter(([, value]) => value !== null));
}
