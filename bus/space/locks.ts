/** One holder's claim on a leader lock. */
export interface Claim {
  readonly fencing: number;
  readonly lost: AbortSignal;
  holds(): boolean;
  release(): void;
  /** What the bus does to a holder it has not heard of for too long. */
  expire(): void;
}

/** The leader locks of one environment, each held by one, granted in the order of asking. */
export interface Locks {
  /** Rejects with the abort reason. */
  acquire(name: string, signal: AbortSignal): Promise<Claim>;
  /** Declares the present holder dead. */
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
        lost.abort(new Error(`lock ${name}: it has expired`));
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
      const give = (made: Claim): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(made);
      };
      const giveUp = (): void => {
        lock.waiting.delete(give);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      lock.waiting.add(give);
      grant(name, lock);
      return promise;
    },
    expire: (name) => locks.get(name)?.holder?.expire(),
  };
}
