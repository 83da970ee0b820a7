/** A line: in at the end, out at the front, at a cost that does not grow with its length, as that of `shift` does. */
export interface Deque<T> {
  push(item: T): void;
  /** Undefined when it is empty. */
  shift(): T | undefined;
  size(): number;
}

/** Taken items are kept at most until there are so many of them. */
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
