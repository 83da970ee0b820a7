import {
  createHostDraft,
  type DocumentDraft,
  diffFacts,
  type Enter,
  emptyHostState,
  type FactChanges,
  type FactMap,
  type FactTable,
  factTable,
  isFactKey,
  readUnknown,
} from '../../facts/index.ts';
import {
  type DraftMap,
  draftMap,
  type Environment,
  type HostState,
  type JsonValue,
  type Liveness,
  type Problem,
  type Result,
  ShardedMap,
  type Snapshot,
  sameJson,
} from '../../model/index.ts';
import { type Judged, judgeHosts, noneJudged } from './judged-hosts.ts';
import { livingHosts } from './living-hosts.ts';
import { emptyPicture, HOST_SHARDS, type Picture, type SnapshotDelta } from './picture.ts';

/** A snapshot with everything that the next one is made from. Immutable. */
export interface State {
  readonly snapshot: Snapshot;
  /** The host that holds this state; it is always a living one to itself. */
  readonly hostId: string;
  readonly table: FactTable;
  /** Good raw facts only, also those of unknown kinds; of a fact that became malformed, the last good value. */
  readonly picture: Picture;
  /** All hosts, with those that are down. */
  readonly hosts: ReadonlyMap<string, HostState>;
  readonly liveness: ReadonlyMap<string, Liveness>;
  /** The living hosts with the verdicts on their containers. */
  readonly judged: Judged;
  /** Refused values and the reason, until a good value replaces them. */
  readonly rejected: ReadonlyMap<string, Rejected>;
}

export interface Rejected {
  readonly value: JsonValue;
  readonly problem: Problem;
}

export interface Advanced {
  /** The same object when nothing changed. */
  readonly state: State;
  /** New problems of this delta; all current ones are in `state.rejected`. */
  readonly problems: readonly Problem[];
}

export function emptySnapshot(environment: Environment): Snapshot {
  return {
    revision: 0,
    environment,
    hosts: ShardedMap.empty(HOST_SHARDS),
    declarations: new Map(),
    overlay: null,
    subnets: new Map(),
    complete: false,
  };
}

export function emptyState(environment: Environment, hostId: string, table: FactTable = factTable): State {
  const none = new Map<string, never>();
  const hosts = ShardedMap.empty<HostState>(HOST_SHARDS);
  const snapshot = emptySnapshot(environment);
  const judged = noneJudged(snapshot.hosts);
  return { snapshot, hostId, table, picture: emptyPicture, hosts, liveness: none, judged, rejected: none };
}

/**
 * The next state. A malformed fact is one problem and affects nothing else: its last good value stays. Unchanged hosts,
 * containers and declarations keep their identity. The revision grows by one, or to `revision` if that is higher.
 */
export function advance(state: State, delta: SnapshotDelta, revision = 0): Advanced {
  const draft = createDraft(state);
  const { table } = state;
  for (const [hostId, changes] of delta.hosts) {
    if (changes) changeHost(draft, table, hostId, changes);
    else removeHost(draft, hostId);
  }
  for (const [key, value] of delta.documents) changeDocument(draft, table, key, value);
  return { state: finish(state, draft, delta.complete === true, revision), problems: draft.problems };
}

/** The changes that lead to exactly these facts of a host. Refused facts are among them, so that their problems end with them. */
export function changesTo(state: State, hostId: string, facts: FactMap): FactChanges {
  const changes = diffFacts(state.picture.hosts.get(hostId) ?? noFacts, facts);
  const own = rejectedKey(hostId, '');
  for (const name of state.rejected.keys()) {
    const key = name.slice(own.length);
    if (name.startsWith(own)) changes.set(key, facts.get(key) ?? null);
  }
  return changes;
}

interface Draft extends DocumentDraft {
  readonly facts: DraftMap<FactMap>;
  readonly hosts: DraftMap<HostState>;
  readonly documents: DraftMap<JsonValue>;
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
    overlay: draftMap(new Map(state.snapshot.overlay === null ? [] : [['', state.snapshot.overlay]])),
    subnets: draftMap(state.snapshot.subnets),
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
  const judged = judgeHosts(state.judged, livingHosts(hosts, liveness, state.hostId, state.judged.living));
  const snapshot: Snapshot = {
    ...state.snapshot,
    revision: Math.max(state.snapshot.revision + 1, revision),
    hosts: judged.hosts,
    declarations: draft.declarations.result(),
    overlay: draft.overlay.get('') ?? null,
    subnets: draft.subnets.result(),
    complete: before.complete || complete,
  };
  const picture = { hosts: facts, documents, complete: snapshot.complete };
  return { ...state, snapshot, picture, hosts, liveness, judged, rejected };
}

function removeHost(draft: Draft, hostId: string): void {
  draft.facts.delete(hostId);
  draft.hosts.delete(hostId);
  const own = rejectedKey(hostId, '');
  for (const key of draft.rejected.result().keys()) if (key.startsWith(own)) draft.rejected.delete(key);
}

const noFacts: FactMap = new Map();

function changeHost(draft: Draft, { facts: kinds }: FactTable, hostId: string, changes: FactChanges): void {
  const known = draft.hosts.get(hostId) ?? emptyHostState;
  const facts = draftMap(draft.facts.get(hostId) ?? noFacts);
  const host = createHostDraft(known);
  for (const [key, value] of changes) {
    const found = kinds.find(key);
    if (!found && !isFactKey(key)) continue;
    const about = `host ${hostId}: fact ${key}`;
    const change = accept(draft, { name: rejectedKey(hostId, key), picture: facts, key, value }, (raw) =>
      found ? found.kind.read(about, { hostId, id: found.id }, raw) : readUnknown(about, raw),
    );
    if (change === 'removed') found?.kind.remove(host, found.id);
    else change?.(host);
  }
  draft.facts.set(hostId, facts.result());
  draft.hosts.set(hostId, host.result());
}

function changeDocument(draft: Draft, { documents }: FactTable, key: string, value: JsonValue | null): void {
  const found = documents.find(key);
  if (!found) return;
  const { kind, id } = found;
  const change = accept(draft, { name: key, picture: draft.documents, key, value }, (raw) =>
    kind.read(`document ${key}`, { hostId: '', id }, raw),
  );
  if (change === 'removed') kind.remove(draft, id);
  else change?.(draft);
}

interface Offered {
  /** In `rejected`. */
  readonly name: string;
  readonly picture: DraftMap<JsonValue>;
  readonly key: string;
  readonly value: JsonValue | null;
}

/** Takes one raw value into the picture. Gives its change, `removed`, or null when it changes nothing or is refused. */
function accept<T>(
  draft: Draft,
  { name, picture, key, value }: Offered,
  read: (value: JsonValue) => Result<Enter<T>>,
): Enter<T> | 'removed' | null {
  const before = picture.get(key);
  if (value === null || (before !== undefined && sameJson(before, value))) {
    draft.rejected.delete(name);
    if (value === null) picture.delete(key);
    return value === null && before !== undefined ? 'removed' : null;
  }
  const refused = draft.rejected.get(name);
  if (refused && sameJson(refused.value, value)) return null;
  const parsed = read(value);
  if (parsed.ok) {
    draft.rejected.delete(name);
    picture.set(key, value);
    return parsed.value;
  }
  draft.rejected.set(name, { value, problem: parsed.problem });
  draft.problems.push(parsed.problem);
  return null;
}

/** The line break separates these names from the keys of documents. */
function rejectedKey(hostId: string, key: string): string {
  return `${hostId}\n${key}`;
}
