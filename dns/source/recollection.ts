const MAX_KEPT = 1_000;

/** Remembers results for each asker until the state changes. */
export function createRecollection<State extends object, Owner extends object, Found>(): (
  state: State,
  owner: Owner,
  key: string,
  find: () => Found,
) => Found {
  let of: State | null = null;
  let ofOwner = new WeakMap<Owner, Map<string, Found>>();
  return (state, owner, key, find) => {
    if (state !== of) ofOwner = new WeakMap();
    of = state;
    const known = ofOwner.get(owner) ?? new Map<string, Found>();
    ofOwner.set(owner, known);
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const found = find();
    if (known.size >= MAX_KEPT) known.clear();
    known.set(key, found);
    return found;
  };
}
