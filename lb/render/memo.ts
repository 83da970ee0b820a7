/** Remembers the last value for each key, until one of the inputs is another one. */
export type Memo<Key extends object, Value> = (key: Key, inputs: readonly unknown[], make: () => Value) => Value;

export function createMemo<Key extends object, Value>(): Memo<Key, Value> {
  const entries = new WeakMap<Key, { readonly inputs: readonly unknown[]; readonly value: Value }>();
  return (key, inputs, make) => {
    const known = entries.get(key);
    if (known?.inputs.every((input, at) => Object.is(input, inputs[at]))) return known.value;
    const value = make();
    entries.set(key, { inputs, value });
    return value;
  };
}
