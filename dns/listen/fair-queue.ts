import { createDeque, type Deque } from './deque.ts';

/** Work from many sources, done in turns, so that a source with much work delays itself and not the others. */
export interface FairQueue<T> {
  /** Whether this source may add an item now. Call it before `push`. May drop an item of the source with the most work. */
  admits(source: string): boolean;
  push(source: string, item: T): void;
  /** Whether nothing waits and nothing is in flight. */
  idle(): boolean;
}

export interface FairQueueDependencies<T> {
  /** Processes an item. A promise counts as in flight until it settles, and must not reject. */
  readonly serve: (item: T) => Promise<unknown> | null;
  /** The weight of an item while it waits, at least 1. */
  readonly weigh: (item: T) => number;
  /** Called for each item that was not admitted, or was dropped to make room for another source. */
  readonly onDrop: () => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls back soon, after waiting datagrams were read. */
  readonly later: (callback: () => void) => void;
}

export interface FairQueueLimits {
  /** Weight of all waiting items. A single source may use all of it; of several sources each is guaranteed its share. */
  readonly total: number;
  /** Promises of one source in flight before its next item is processed. */
  readonly inFlightPerSource: number;
  /** How long to process items before sockets are read again. */
  readonly turnMs: number;
}

export function createFairQueue<T>(dependencies: FairQueueDependencies<T>, limits: FairQueueLimits): FairQueue<T> {
  return new Queue(dependencies, limits);
}

interface Source<T> {
  readonly name: string;
  readonly items: Deque<T>;
  /** Of `items`. */
  weight: number;
  inFlight: number;
  /** Whether it waits for its turn. */
  queued: boolean;
}

/** How many sources are checked to find one that has more than its share. */
const CHECKED_SOURCES = 8;

class Queue<T> implements FairQueue<T> {
  readonly #deps: FairQueueDependencies<T>;
  readonly #limits: FairQueueLimits;
  readonly #sources = new Map<string, Source<T>>();
  /** The sources whose next item may be processed, in order. */
  readonly #line = createDeque<Source<T>>();
  #waiting = 0;
  #scheduled = false;

  constructor(dependencies: FairQueueDependencies<T>, limits: FairQueueLimits) {
    this.#deps = dependencies;
    this.#limits = limits;
  }

  admits(source: string): boolean {
    if (this.#waiting < this.#limits.total || this.#makeRoomFor(source)) return true;
    this.#deps.onDrop();
    return false;
  }

  push(name: string, item: T): void {
    const known = this.#sources.get(name);
    const source = known ?? { name, items: createDeque<T>(), weight: 0, inFlight: 0, queued: false };
    this.#sources.set(name, source);
    source.items.push(item);
    const weight = this.#deps.weigh(item);
    source.weight += weight;
    this.#waiting += weight;
    this.#enqueue(source);
    this.#schedule();
  }

  idle(): boolean {
    return this.#sources.size === 0;
  }

  #schedule(): void {
    if (this.#scheduled || this.#line.size() === 0) return;
    this.#scheduled = true;
    this.#deps.later(() => this.#run());
  }

  #run(): void {
    const { now } = this.#deps;
    this.#scheduled = false;
    const end = now() + this.#limits.turnMs;
    do {
      const source = this.#line.shift();
      if (source) this.#serveNext(source);
    } while (this.#line.size() > 0 && now() < end);
    this.#schedule();
  }

  #serveNext(source: Source<T>): void {
    source.queued = false;
    const work = this.#deps.serve(this.#take(source));
    if (work !== null) {
      source.inFlight += 1;
      void work.then(() => this.#settle(source));
    }
    this.#enqueue(source);
    this.#forgetIfIdle(source);
  }

  #settle(source: Source<T>): void {
    source.inFlight -= 1;
    this.#enqueue(source);
    this.#forgetIfIdle(source);
    this.#schedule();
  }

  #enqueue(source: Source<T>): void {
    if (source.queued || source.items.size() === 0 || source.inFlight >= this.#limits.inFlightPerSource) return;
    source.queued = true;
    this.#line.push(source);
  }

  #take(source: Source<T>): T {
    const item = source.items.shift() as T;
    const weight = this.#deps.weigh(item);
    source.weight -= weight;
    this.#waiting -= weight;
    return item;
  }

  #forgetIfIdle({ name, items, inFlight }: Source<T>): void {
    if (items.size() === 0 && inFlight === 0) this.#sources.delete(name);
  }

  /** Drops the oldest item of a source with more than its share. False: there is none, or this source has its share. */
  #makeRoomFor(name: string): boolean {
    const known = this.#sources.get(name);
    const share = this.#limits.total / (this.#sources.size + (known ? 0 : 1));
    if ((known?.weight ?? 0) >= share) return false;
    // A source that floods is never idle, and so it is among those known longest.
    const [greedy] = [...this.#sources.values().take(CHECKED_SOURCES)].toSorted((a, b) => b.weight - a.weight);
    if (!greedy || greedy.items.size() < 2 || greedy.weight <= share) return false;
    this.#take(greedy);
    this.#deps.onDrop();
    return true;
  }
}
