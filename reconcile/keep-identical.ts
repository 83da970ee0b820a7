/**
 * Wraps a pure function so that it returns the previous value, the identical one, while all its arguments are identical
 * to the previous ones. It remembers one value.
 */
export function keepIdentical<Arguments extends readonly unknown[], Value>(
  compute: (...given: Arguments) => Value,
): (...given: Arguments) => Value {
  let last: { readonly given: Arguments; readonly value: Value } | null = null;
  return (...given) => {
    const before = last;
    if (before?.given.length === given.length && given.every((one, index) => one === before.given[index]))
      return before.value;
    last = { given, value: compute(...given) };
    return last.value;
  };
}
