/** Work from many sources, done in turns: a source that brings much waits for itself, not the others for it. */
export interface FairQueue<T> {
  /** Whether this source may bring one more now; to be asked before `push`. May make room at the cost of who has most. */
  admits(source: string): boolean;
  push(source: string, item: T): void;
  /** Whether nothing waits and nothing is under way. */
  idle(): boolean;
}

export interface FairQueueDependencies<T> {
  /** Does one item; a promise is under way until it settles, and must not reject. */
  readonly serve: (item: T) => Promise<unknown> | null;
  /** Called for each item that was not admitted, or that had to make room for another source's. */
  readonly onDrop: () => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls back soon, after waiting datagrams were read. */
  readonly later: (callback: () => void) => void;
}

export interface FairQueueLimits {
  /** What wait at most, of one source and in all. */
  readonly perSource: number;
  readonly total: number;
  /** Promises of one source under way before its next item is looked at. */
  readonly underWayPerSource: number;
  /** How long to serve before sockets are read again. */
  readonly turnMs: number;
}

interface Source<T> {
  readonly name: string;
  readonly items: T[];
  underWay: number;
  /** Whether it stands in line. */
  queued: boolean;
}

/** How many sources are looked at to find one that has more than its share. */
const LOOKS = 8;

export function createFairQueue<T>(dependencies: FairQueueDependencies<T>, limits: FairQueueLimits): FairQueue<T> {
  const { serve, onDrop, now, later } = dependencies;
  const sources = new Map<string, Source<T>>();
  /** Those whose next item may be served, in order. */
  const line: Source<T>[] = [];
  let waiting = 0;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || line.length === 0) return;
    scheduled = true;
    later(run);
  };
  const enqueue = (source: Source<T>): void => {
    if (source.queued || source.items.length === 0 || source.underWay >= limits.underWayPerSource) return;
    source.queued = true;
    line.push(source);
  };
  const settle = (source: Source<T>): void => {
    source.underWay -= 1;
    enqueue(source);
    forgetIdle(source);
    schedule();
  };
  const forgetIdle = ({ name, items, underWay }: Source<T>): void => {
    if (items.length === 0 && underWay === 0) sources.delete(name);
  };
  const serveNext = (source: Source<T>): void => {
    source.queued = false;
    const item = source.items.shift() as T;
    waiting -= 1;
    const work = serve(item);
    if (work !== null) {
      source.underWay += 1;
      void work.then(() => settle(source));
    }
    enqueue(source);
    forgetIdle(source);
  };
  const run = (): void => {
    scheduled = false;
    const end = now() + limits.turnMs;
    do {
      const source = line.shift();
      if (source) serveNext(source);
    } while (line.length > 0 && now() < end);
    schedule();
  };
  const share = (): number => Math.max(1, limits.total / Math.max(1, sources.size));
  /** The oldest item of a source with more than its share goes; false when no such source is found. */
  const makeRoom = (): boolean => {
    // Whoever floods is never idle, and so among those known longest.
    const greedy = [...sources.values().take(LOOKS)].reduce<Source<T> | undefined>(
      (most, source) => (size(source) > size(most) ? source : most),
      undefined,
    );
    if (!greedy || greedy.items.length <= share()) return false;
    greedy.items.shift();
    waiting -= 1;
    onDrop();
    return true;
  };

  return {
    admits: (source) => {
      const has = size(sources.get(source));
      if (has < limits.perSource && (waiting < limits.total || (has < share() && makeRoom()))) return true;
      onDrop();
      return false;
    },
    push: (name, item) => {
      const source = sources.get(name) ?? { name, items: [], underWay: 0, queued: false };
      sources.set(name, source);
      source.items.push(item);
      waiting += 1;
      enqueue(source);
      schedule();
    },
    idle: () => sources.size === 0,
  };
}

function size<T>(source: Source<T> | undefined): number {
  return source?.items.length ?? 0;
}
