/** The claim of one holder on a leader lock. */
export interface Claim {
  readonly fencing: number;
  readonly lost: AbortSignal;
  holds(): boolean;
  release(): void;
  /** Ends the claim as a bus does after its time to live. */
  expire(): void;
}

/** The leader locks of one environment, each with at most one holder, granted in the order of the requests. */
export interface Locks {
  /** Rejects with the abort reason. */
  acquire(name: string, signal: AbortSignal): Promise<Claim>;
  /** Ends the claim of the present holder as a bus does after its time to live. */
  expire(name: string): void;
}

interface Lock {
  holder: Claim | null;
  readonly waiting: Set<(claim: Claim) => void>;
}

export function createLocks(nextFencing: () => number): Locks {
  const locks = new Map<string, Lock>();

  const lockOf = (name: string): Lock => {
    const lock = locks.get(name) ?? { holder: null, waiting: new Set() };
    locks.set(name, lock);
    return lock;
  };
  const grant = (name: string, lock: Lock): void => {
    const [next] = lock.waiting;
    if (lock.holder) return;
    if (!next) {
      locks.delete(name);
      return;
    }
    lock.waiting.delete(next);
    lock.holder = claim(name, lock);
    next(lock.holder);
  };
  const claim = (name: string, lock: Lock): Claim => {
    const lost = new AbortController();
    const end = (): boolean => {
      if (lock.holder !== made) return false;
      lock.holder = null;
      return true;
    };
    const made: Claim = {
      fencing: nextFencing(),
      lost: lost.signal,
      holds: () => lock.holder === made,
      release: () => {
        if (end()) grant(name, lock);
      },
      expire: () => {
        if (!end()) return;
        lost.abort(new Error(`lock ${name}: expired`));
        grant(name, lock);
      },
    };
    return made;
  };

  return {
    acquire: (name, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<Claim>();
      if (signal.aborted) {
        reject(signal.reason);
        return promise;
      }
      const lock = lockOf(name);
      const granted = (made: Claim): void => {
        signal.removeEventListener('abort', cancel);
        resolve(made);
      };
      const cancel = (): void => {
        lock.waiting.delete(granted);
        reject(signal.reason);
      };
      signal.addEventListener('abort', cancel, { once: true });
      lock.waiting.add(granted);
      grant(name, lock);
      return promise;
    },
    expire: (name) => locks.get(name)?.holder?.expire(),
  };
}
