/**
 * Runs `work` one call after the other: who asks while it runs gets the run after that one, together with all who ask
 * meanwhile.
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
