/** One bell, one listener: rings that come while nobody listens are heard once, later. */
export interface SignalBox {
  ring(): void;
  /** Resolves at the next ring, at once if it rang meanwhile; rejects when `signal` aborts. */
  heard(signal: AbortSignal): Promise<void>;
}

export function createSignalBox(): SignalBox {
  let rang = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      rang = true;
      wake?.();
    },
    heard: async (signal) => {
      if (!rang) {
        await new Promise<void>((resolve, reject) => {
          const abort = () => reject(signal.reason);
          signal.addEventListener('abort', abort, { once: true });
          wake = () => {
            signal.removeEventListener('abort', abort);
            resolve();
          };
          if (signal.aborted) abort();
        });
      }
      wake = null;
      rang = false;
    },
  };
}
