/**
 * A function that never runs `work` twice at once. All calls during a run share the next run, so that each call sees the
 * effect of a run that started after it.
 */
export function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<T> | null = null;
  return () => {
    if (waiting) return waiting;
    const next = last.then(() => {
      waiting = null;
      return work();
    });
    waiting = next;
    last = next.catch(() => undefined);
    return next;
  };
}
