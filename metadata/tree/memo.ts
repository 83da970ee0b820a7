/** Returns the value made before for this key while the inputs are identical; else makes it again. */
export type Memo<K extends object, V> = (key: K, inputs: readonly unknown[], make: () => V) => V;

export function createMemo<K extends object, V>(): Memo<K, V> {
  const made = new WeakMap<K, { readonly inputs: readonly unknown[]; readonly value: V }>();
  return (key, inputs, make) => {
    const known = made.get(key);
    if (known && sameItems(known.inputs, inputs)) return known.value;
    const value = make();
    made.set(key, { inputs, value });
    return value;
  };
}

export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
