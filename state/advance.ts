import type { FactKey, FactMap } from '../bus/index.ts';
import {
  type Container,
  type DraftMap,
  draftMap,
  type Environment,
  type HostState,
  type JsonValue,
  type Network,
  type Problem,
  type Result,
  type ServiceDeclaration,
  ShardedMap,
  type Snapshot,
  sameJson,
} from '../model/index.ts';
import { type Liveness, livingHosts } from './liveness.ts';
import { documentSubject, type Fact, factSubject, parseDocument, parseFact } from './parse-fact.ts';
import { diffFacts, emptyPicture, HOST_SHARDS, type Picture, type SnapshotDelta } from './picture.ts';

/** A snapshot with what is needed to take it one step further. Immutable. */
export interface State {
  readonly snapshot: Snapshot;
  /** The host this is the mirror of; it never believes that it is dead itself. */
  readonly hostId: string;
  /** Good raw facts only: of a fact that became malformed, the last good value. */
  readonly picture: Picture;
  /** Every host, also those held dead. */
  readonly hosts: ReadonlyMap<string, HostState>;
  readonly liveness: ReadonlyMap<string, Liveness>;
  /** What was refused and why, until a good value replaces it. */
  readonly rejected: ReadonlyMap<string, Rejected>;
}

export interface Rejected {
  readonly value: JsonValue;
  readonly problem: Problem;
}

export interface Advanced {
  /** The same object when nothing changed. */
  readonly state: State;
  /** New problems of this delta; all that stand are in `state.rejected`. */
  readonly problems: readonly Problem[];
}

export function emptySnapshot(environment: Environment): Snapshot {
  return { revision: 0, environment, hosts: ShardedMap.empty(HOST_SHARDS), declarations: new Map(), complete: false };
}

export function emptyState(environment: Environment, hostId: string): State {
  const none = new Map<string, never>();
  const hosts = ShardedMap.empty<HostState>(HOST_SHARDS);
  const snapshot = emptySnapshot(environment);
  return { snapshot, hostId, picture: emptyPicture, hosts, liveness: none, rejected: none };
}

/**
 * The next state. A malformed fact is one problem and hurts only itself: the good value before it stays. Unchanged hosts,
 * containers and declarations keep their identity. The revision grows by one, or to `revision` where that is more.
 */
export function advance(state: State, delta: SnapshotDelta, revision = 0): Advanced {
  const draft = createDraft(state);
  for (const [hostId, changes] of delta.hosts) {
    if (changes) changeHost(draft, hostId, changes);
    else removeHost(draft, hostId);
  }
  for (const [key, value] of delta.documents) changeDocument(draft, key, value);
  return { state: finish(state, draft, delta.complete === true, revision), problems: draft.problems };
}

/** What makes all facts of a host these; refused ones are named too, so that their problems end when they have gone. */
export function changesTo(state: State, hostId: string, facts: FactMap): ReadonlyMap<FactKey, JsonValue | null> {
  const changes = diffFacts(state.picture.hosts.get(hostId) ?? noFacts, facts);
  const own = rejectedKey(hostId, '');
  for (const name of state.rejected.keys()) {
    const key = name.slice(own.length);
    if (name.startsWith(own)) changes.set(key, facts.get(key) ?? null);
  }
  return changes;
}

interface Draft {
  readonly facts: DraftMap<FactMap>;
  readonly hosts: DraftMap<HostState>;
  readonly documents: DraftMap<JsonValue>;
  readonly declarations: DraftMap<ServiceDeclaration>;
  readonly liveness: DraftMap<Liveness>;
  readonly rejected: DraftMap<Rejected>;
  readonly problems: Problem[];
}

function createDraft(state: State): Draft {
  return {
    facts: draftMap(state.picture.hosts),
    hosts: draftMap(state.hosts),
    documents: draftMap(state.picture.documents),
    declarations: draftMap(state.snapshot.declarations),
    liveness: draftMap(state.liveness),
    rejected: draftMap(state.rejected),
    problems: [],
  };
}

function finish(state: State, draft: Draft, complete: boolean, revision: number): State {
  const before = state.picture;
  const facts = draft.facts.result();
  const documents = draft.documents.result();
  const rejected = draft.rejected.result();
  const completes = complete && !before.complete;
  if (facts === before.hosts && documents === before.documents && !completes)
    return rejected === state.rejected ? state : { ...state, rejected };
  const hosts = draft.hosts.result();
  const liveness = draft.liveness.result();
  const snapshot: Snapshot = {
    ...state.snapshot,
    revision: Math.max(state.snapshot.revision + 1, revision),
    hosts: livingHosts(hosts, liveness, state.hostId, state.snapshot.hosts),
    declarations: draft.declarations.result(),
    complete: before.complete || complete,
  };
  const picture = { hosts: facts, documents, complete: snapshot.complete };
  return { ...state, snapshot, picture, hosts, liveness, rejected };
}

function removeHost(draft: Draft, hostId: string): void {
  draft.facts.delete(hostId);
  draft.hosts.delete(hostId);
  const own = rejectedKey(hostId, '');
  for (const key of draft.rejected.result().keys()) if (key.startsWith(own)) draft.rejected.delete(key);
}

const noFacts: FactMap = new Map();
const unknownHost: HostState = { host: null, containers: new Map(), networks: new Map() };

function changeHost(draft: Draft, hostId: string, changes: ReadonlyMap<FactKey, JsonValue | null>): void {
  const known = draft.hosts.get(hostId) ?? unknownHost;
  const facts = draftMap(draft.facts.get(hostId) ?? noFacts);
  const parts: HostDraft = {
    host: known.host,
    containers: draftMap(known.containers),
    networks: draftMap(known.networks),
  };
  for (const [key, value] of changes) {
    const subject = factSubject(key);
    if (!subject) continue;
    const read = () => parseFact(hostId, key, value);
    const fact = accept(draft, rejectedKey(hostId, key), facts, key, value, read);
    if (fact === 'removed') removeFact(parts, subject);
    else if (fact) setFact(parts, fact);
  }
  draft.facts.set(hostId, facts.result());
  draft.hosts.set(hostId, resultOf(parts, known));
}

interface HostDraft {
  host: HostState['host'];
  readonly containers: DraftMap<Container>;
  readonly networks: DraftMap<Network>;
}

function setFact(parts: HostDraft, fact: Fact): void {
  if (fact.kind === 'host') parts.host = fact.value;
  else if (fact.kind === 'container') parts.containers.set(fact.id, fact.value);
  else parts.networks.set(fact.id, fact.value);
}

function removeFact(parts: HostDraft, { kind, id }: { readonly kind: Fact['kind']; readonly id: string }): void {
  if (kind === 'host') parts.host = null;
  else if (kind === 'container') parts.containers.delete(id);
  else parts.networks.delete(id);
}

function resultOf({ host, containers, networks }: HostDraft, before: HostState): HostState {
  const after: HostState = { host, containers: containers.result(), networks: networks.result() };
  const same =
    after.host === before.host && after.containers === before.containers && after.networks === before.networks;
  return same ? before : after;
}

function changeDocument(draft: Draft, key: string, value: JsonValue | null): void {
  const subject = documentSubject(key);
  if (!subject) return;
  const declared = accept(draft, key, draft.documents, key, value, () => parseDocument(key, value));
  if (declared === 'removed') {
    if (subject.kind === 'declaration') draft.declarations.delete(subject.id);
    else draft.liveness.delete(subject.id);
  } else if (declared?.kind === 'declaration') draft.declarations.set(declared.key, declared.value);
  else if (declared) draft.liveness.set(declared.hostId, declared.value);
}

/** Takes one raw value into the picture: what it says, `removed`, or null when it changes nothing or is refused. */
function accept<T>(
  draft: Draft,
  name: string,
  picture: DraftMap<JsonValue>,
  key: string,
  value: JsonValue | null,
  read: () => Result<T>,
): T | 'removed' | null {
  const before = picture.get(key);
  if (value === null || (before !== undefined && sameJson(before, value))) {
    draft.rejected.delete(name);
    if (value === null) picture.delete(key);
    return value === null && before !== undefined ? 'removed' : null;
  }
  const refused = draft.rejected.get(name);
  if (refused && sameJson(refused.value, value)) return null;
  const parsed = read();
  if (parsed.ok) {
    draft.rejected.delete(name);
    picture.set(key, value);
    return parsed.value;
  }
  draft.rejected.set(name, { value, problem: parsed.problem });
  draft.problems.push(parsed.problem);
  return null;
}

/** A line break keeps these apart from the keys of documents. */
function rejectedKey(hostId: string, key: string): string {
  return `${hostId}\n${key}`;
}
