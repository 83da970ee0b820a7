import { diffFacts, type FactChanges, type FactMap } from '../../facts/index.ts';
import { eachDifference, type JsonValue, ShardedMap } from '../../model/index.ts';

/** Changed raw facts and documents; the newest value of each. */
export interface SnapshotDelta {
  /** Host id -> changed facts (null: removed); null: the host is gone with all its facts. */
  readonly hosts: ReadonlyMap<string, FactChanges | null>;
  /** Document key -> new value; null: deleted. */
  readonly documents: ReadonlyMap<string, JsonValue | null>;
  /** With this change the facts are complete for the first time. */
  readonly complete?: true;
}

/** All raw facts and documents that a snapshot is made from. Immutable; two pictures share what did not change. */
export interface Picture {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, JsonValue>;
  readonly complete: boolean;
}

/** Chosen for a thousand hosts of which one changes. */
export const HOST_SHARDS = 32;

export const emptyPicture: Picture = {
  hosts: ShardedMap.empty(HOST_SHARDS),
  documents: new Map(),
  complete: false,
};

const nothing: FactMap = new Map();

/** The changes from one picture to the other, null when there are none. Shared parts cost nothing. */
export function diffPictures(before: Picture, after: Picture): SnapshotDelta | null {
  const hosts = diffHosts(before.hosts, after.hosts);
  const documents = diffFacts(before.documents, after.documents);
  const complete = after.complete && !before.complete;
  if (hosts.size === 0 && documents.size === 0 && !complete) return null;
  return { hosts, documents, ...(complete ? { complete } : {}) };
}

function diffHosts(before: Picture['hosts'], after: Picture['hosts']): SnapshotDelta['hosts'] {
  const changes = new Map<string, FactChanges | null>();
  eachDifference(before, after, (hostId, old, facts) => {
    const changed = facts && diffFacts(old ?? nothing, facts);
    if (!changed) changes.set(hostId, null);
    else if (changed.size > 0 || old === undefined) changes.set(hostId, changed);
  });
  return changes;
}
