/**
 * Runs `look` for a key: never twice at a time for one key, and at most `concurrency` times in all. A caller gets the result
 * of a run that began after its call, so the result is at least as new as the call. Callers that wait for a key share a run.
 */
export function createSingleFlight<T>(
  look: (key: string) => Promise<T>,
  { concurrency }: { readonly concurrency: number },
): (key: string) => Promise<T> {
  interface Waiting {
    readonly promise: Promise<T>;
    readonly resolve: (value: T) => void;
    readonly reject: (reason: unknown) => void;
  }
  const running = new Set<string>();
  /** In the order of the calls. */
  const waiting = new Map<string, Waiting>();

  const startNext = (): void => {
    for (const [key, turn] of waiting) {
      if (running.size >= concurrency) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      running.add(key);
      void look(key)
        .then(turn.resolve, turn.reject)
        .finally(() => {
          running.delete(key);
          startNext();
        });
    }
  };

  return (key) => {
    const known = waiting.get(key);
    if (known) return known.promise;
    const turn = Promise.withResolvers<T>();
    waiting.set(key, turn);
    startNext();
    return turn.promise;
  };
}
