/** Those who wait for the next change. */
export interface Waiters {
  /** Resolves at the next `wake`, or when `signal` aborts. */
  next(signal: AbortSignal): Promise<void>;
  wake(): void;
}

export function createWaiters(): Waiters {
  const waiting = new Set<() => void>();
  return {
    next: (signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        if (signal.aborted) return done();
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
    wake: () => {
      for (const done of [...waiting]) done();
    },
  };
}
