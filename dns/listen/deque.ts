/** A queue whose cost, unlike that of `Array.shift`, does not grow with its length. */
export interface Deque<T> {
  push(item: T): void;
  /** Undefined if the queue is empty. */
  shift(): T | undefined;
  size(): number;
}

/** The array is compacted once this many items were taken. */
const COMPACT_AT = 256;

export function createDeque<T>(): Deque<T> {
  let items: (T | undefined)[] = [];
  let front = 0;
  return {
    push: (item) => void items.push(item),
    shift: () => {
      if (front === items.length) return undefined;
      const item = items[front];
      items[front] = undefined;
      front += 1;
      if (front === items.length || (front >= COMPACT_AT && front * 2 >= items.length)) {
        items = items.slice(front);
        front = 0;
      }
      return item;
    },
    size: () => items.length - front,
  };
}
