import type { FactKey, FactMap } from '../bus/index.ts';
import { type JsonValue, sameJson } from '../model/index.ts';

/** Changes of raw facts and documents, newest value only. */
export interface SnapshotDelta {
  /** Host id -> changed facts (null: removed); null: the host is gone with all its facts. */
  readonly hosts: ReadonlyMap<string, ReadonlyMap<FactKey, JsonValue | null> | null>;
  /** Document key -> new value; null: deleted. */
  readonly documents: ReadonlyMap<string, JsonValue | null>;
  /** With this change the first complete picture has been seen. */
  readonly complete?: true;
}

/** The raw facts a snapshot stands on; immutable, and two pictures share what did not change. */
export interface Picture {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, JsonValue>;
  readonly complete: boolean;
}

export const emptyPicture: Picture = { hosts: new Map(), documents: new Map(), complete: false };

const nothing: FactMap = new Map();

/** What leads from one picture to the other, null when nothing. Parts they share cost nothing. */
export function diffPictures(before: Picture, after: Picture): SnapshotDelta | null {
  const hosts = diffHosts(before.hosts, after.hosts);
  const documents = diffFacts(before.documents, after.documents);
  const complete = after.complete && !before.complete;
  if (hosts.size === 0 && documents.size === 0 && !complete) return null;
  return { hosts, documents, ...(complete ? { complete } : {}) };
}

/** What leads from one set of values to the other: new and changed ones, null for those that are gone. */
export function diffFacts(
  before: ReadonlyMap<string, JsonValue>,
  after: ReadonlyMap<string, JsonValue>,
): Map<string, JsonValue | null> {
  const changes = new Map<string, JsonValue | null>();
  if (before === after) return changes;
  for (const [key, value] of after) {
    const old = before.get(key);
    if (old === undefined || !sameJson(old, value)) changes.set(key, value);
  }
  for (const key of before.keys()) if (!after.has(key)) changes.set(key, null);
  return changes;
}

function diffHosts(before: Picture['hosts'], after: Picture['hosts']): SnapshotDelta['hosts'] {
  const changes = new Map<string, ReadonlyMap<FactKey, JsonValue | null> | null>();
  if (before === after) return changes;
  for (const [hostId, facts] of after) {
    const old = before.get(hostId);
    if (old === facts) continue;
    const changed = diffFacts(old ?? nothing, facts);
    if (changed.size > 0 || old === undefined) changes.set(hostId, changed);
  }
  for (const hostId of before.keys()) if (!after.has(hostId)) changes.set(hostId, null);
  return changes;
}
