import { isDeepStrictEqual } from 'node:util';

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

/** The earlier value if the next one is equal to it, so that who compares by identity sees no change. */
export function earlierIfEqual<Value>(earlier: Value | undefined, next: Value): Value {
  return earlier !== undefined && isDeepStrictEqual(earlier, next) ? earlier : next;
}
