import { HEADER_SIZE } from '../codes.ts';

/**
 * The names of one message by offset. Results are kept, so each byte is read a bounded number of times, however many pointers
 * lead to it. A broken name throws a RangeError, like reading beyond the end of the message.
 */
export interface NameIndex {
  /**
   * Marks bytes that may not be part of a name: TTLs and ids are changed later, and a name that overlaps them would change or
   * break.
   */
  seal(from: number, to: number): void;
  /** The offset after the name at `at` [RFC 1035 §4.1.4]. */
  end(at: number): number;
  /** The offset of the first label. Most equal names share it. */
  origin(at: number): number;
  /** The uncompressed size of the name. */
  size(at: number): number;
  /** The offset of the next label or pointer target. */
  next(at: number): number;
}

const MAX_LABEL = 63;
const MAX_NAME = 255;
/** More pointers in one name are an attack. */
const MAX_JUMPS = 64;

export function createNameIndex(bytes: Buffer): NameIndex {
  /** By offset of a label or pointer: size of the name from there, and number of pointers in it; 0: not known yet. */
  const sizes = new Uint8Array(bytes.length);
  const jumps = new Uint8Array(bytes.length);
  const sealed = new Uint8Array(bytes.length);
  /** Offsets of the labels and pointers of the current name. */
  const steps = new Uint16Array(MAX_NAME / 2 + MAX_JUMPS);

  const isSealed = (from: number, to: number): boolean => {
    for (let at = from; at < to; at += 1) if (sealed[at] !== 0) return true;
    return false;
  };

  /** Collects the steps from `start` to a known offset or the root; returns their number and that offset. */
  const walk = (start: number): { readonly count: number; readonly at: number } => {
    let count = 0;
    let at = start;
    // The target of a pointer ends before the pointer.
    let limit = bytes.length;
    while (bytes.readUInt8(at) !== 0 && sizes[at] === 0) {
      if (count === steps.length) throw brokenName();
      steps[count] = at;
      count += 1;
      const following = nextLabel(bytes, at);
      if (following < at) limit = at;
      else if (following >= limit || isSealed(at, following)) throw brokenName();
      at = following;
    }
    if (isSealed(at, at + 1)) throw brokenName();
    return { count, at };
  };

  const learn = (start: number): void => {
    const { count, at } = walk(start);
    let size = sizes[at] || 1;
    let jumped = jumps[at] ?? 0;
    sizes[at] = size;
    for (let n = count - 1; n >= 0; n -= 1) {
      const step = steps[n] ?? 0;
      const length = bytes[step] ?? 0;
      if (length >= 0xc0) jumped += 1;
      else size += length + 1;
      if (size > MAX_NAME || jumped > MAX_JUMPS) throw brokenName();
      sizes[step] = size;
      jumps[step] = jumped;
    }
  };

  /** The usual case: a pointer to a name that was read before. */
  const isKnownPointer = (start: number): boolean => {
    if ((bytes[start] ?? 0) < 0xc0) return false;
    const target = nextLabel(bytes, start);
    return sizes[target] !== 0 && (jumps[target] ?? 0) < MAX_JUMPS;
  };

  return {
    seal: (from, to) => void sealed.fill(1, from, to),
    end: (start) => {
      if (isKnownPointer(start)) return start + 2;
      if (!sizes[start]) learn(start);
      let at = start;
      for (;;) {
        const length = bytes.readUInt8(at);
        if (length === 0) return at + 1;
        if (length >= 0xc0) return at + 2;
        at += length + 1;
      }
    },
    origin: (start) => {
      let at = start;
      while (bytes.readUInt8(at) >= 0xc0) at = nextLabel(bytes, at);
      return at;
    },
    size: (at) => {
      if (!sizes[at]) learn(at);
      return sizes[at] ?? 1;
    },
    next: (at) => nextLabel(bytes, at),
  };
}

function nextLabel(bytes: Buffer, at: number): number {
  const length = bytes.readUInt8(at);
  if (length < 0xc0) {
    if (length > MAX_LABEL) throw brokenName();
    return at + 1 + length;
  }
  const target = bytes.readUInt16BE(at) & 0x3fff;
  if (target >= at || target < HEADER_SIZE) throw brokenName();
  return target;
}

function brokenName(): RangeError {
  return new RangeError('broken DNS name');
}
