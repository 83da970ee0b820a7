/**
 * Everything a test starts, undone in reverse order, also on failure.
 *
 * `await using resources = createResources()` or `afterEach(() => resources.close())`.
 */
export interface Resources extends AsyncDisposable {
  /** Registers how to undo something that was just created. */
  add(what: string, undo: () => Promise<unknown> | unknown): void;
  /** Undoes everything in reverse order. Continues after a failure, and rejects at the end with all failures. Idempotent. */
  close(): Promise<void>;
}

export function createResources(): Resources {
  const stack: { what: string; undo: () => Promise<unknown> | unknown }[] = [];
  const close = async (): Promise<void> => {
    const failures: Error[] = [];
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      try {
        await entry.undo();
      } catch (cause) {
        failures.push(new Error(`cannot undo ${entry.what}`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'clean-up was not complete');
  };
  return { add: (what, undo) => void stack.push({ what, undo }), close, [Symbol.asyncDispose]: close };
}
