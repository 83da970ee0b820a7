import { createDeque, type Deque } from './deque.ts';

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
  /** What of the limit an item takes while it waits, at least 1. */
  readonly weigh: (item: T) => number;
  /** Called for each item that was not admitted, or that had to make room for another source's. */
  readonly onDrop: () => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls back soon, after waiting datagrams were read. */
  readonly later: (callback: () => void) => void;
}

export interface FairQueueLimits {
  /** Weight of all that waits. One source alone may have all of it; of several each has its share for certain. */
  readonly total: number;
  /** Promises of one source under way before its next item is looked at. */
  readonly underWayPerSource: number;
  /** How long to serve before sockets are read again. */
  readonly turnMs: number;
}

interface Source<T> {
  readonly name: string;
  readonly items: Deque<T>;
  /** Of `items`. */
  weight: number;
  underWay: number;
  /** Whether it stands in line. */
  queued: boolean;
}

/** How many sources are looked at to find one that has more than its share. */
const LOOKS = 8;

export function createFairQueue<T>(dependencies: FairQueueDependencies<T>, limits: FairQueueLimits): FairQueue<T> {
  const { serve, weigh, onDrop, now, later } = dependencies;
  const sources = new Map<string, Source<T>>();
  /** Those whose next item may be served, in order. */
  const line = createDeque<Source<T>>();
  let waiting = 0;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || line.size() === 0) return;
    scheduled = true;
    later(run);
  };
  const enqueue = (source: Source<T>): void => {
    if (source.queued || source.items.size() === 0 || source.underWay >= limits.underWayPerSource) return;
    source.queued = true;
    line.push(source);
  };
  const take = (source: Source<T>): T => {
    const item = source.items.shift() as T;
    source.weight -= weigh(item);
    waiting -= weigh(item);
    return item;
  };
  const forgetIdle = ({ name, items, underWay }: Source<T>): void => {
    if (items.size() === 0 && underWay === 0) sources.delete(name);
  };
  const settle = (source: Source<T>): void => {
    source.underWay -= 1;
    enqueue(source);
    forgetIdle(source);
    schedule();
  };
  const serveNext = (source: Source<T>): void => {
    source.queued = false;
    const work = serve(take(source));
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
    } while (line.size() > 0 && now() < end);
    schedule();
  };
  /** For one more of a source: the oldest of one with more than its share goes; false when there is none, or it is itself. */
  const makeRoomFor = (name: string): boolean => {
    const known = sources.get(name);
    const share = limits.total / (sources.size + (known ? 0 : 1));
    if (weightOf(known) >= share) return false;
    // Whoever floods is never idle, and so among those known longest.
    const greedy = [...sources.values().take(LOOKS)].reduce<Source<T> | undefined>(
      (most, source) => (weightOf(source) > weightOf(most) ? source : most),
      undefined,
    );
    if (!greedy || greedy.items.size() < 2 || greedy.weight <= share) return false;
    take(greedy);
    onDrop();
    return true;
  };

  return {
    admits: (source) => {
      if (waiting < limits.total || makeRoomFor(source)) return true;
      onDrop();
      return false;
    },
    push: (name, item) => {
      const source = sources.get(name) ?? { name, items: createDeque<T>(), weight: 0, underWay: 0, queued: false };
      sources.set(name, source);
      source.items.push(item);
      source.weight += weigh(item);
      waiting += weigh(item);
      enqueue(source);
      schedule();
    },
    idle: () => sources.size === 0,
  };
}

function weightOf<T>(source: Source<T> | undefined): number {
  return source?.weight ?? 0;
}
