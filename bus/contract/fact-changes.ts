import { diffFacts, type FactChanges, type FactMap } from '../../facts/index.ts';
import { draftMap, sameJson } from '../../model/index.ts';

/** The facts after the changes. Equal values keep their identity; the same map if nothing changes. */
export function applyFactChanges(before: FactMap, changes: FactChanges): FactMap {
  const draft = draftMap(before);
  for (const [key, value] of changes) {
    const old = draft.get(key);
    if (value === null) draft.delete(key);
    else if (old === undefined || !sameJson(old, value)) draft.set(key, value);
  }
  return draft.result();
}

/** Facts equal to `after` that keep the identity of what is equal in `before`. */
export function keepFactIdentity(before: FactMap, after: FactMap): FactMap {
  return applyFactChanges(before, diffFacts(before, after));
}
