/**
 * Reads the names of one message. Each byte of it is looked at a bounded number of times, however many pointers lead there:
 * what was found for an offset is remembered. A broken name is a RangeError, as reading behind the end is.
 */
export interface NameReader {
  /**
   * No name may have these bytes in it: they are changed on the way, TTLs and ids, and what is read as a name there would be
   * another one then, or none.
   */
  seal(from: number, to: number): void;
  /** The offset behind the name at `at` [RFC 1035 §4.1.4]. */
  end(at: number): number;
  /** Its text: case as sent, no trailing dot, '' for the root; a dot or backslash within a label is `\.` and `\\`. */
  text(at: number): string;
  /** Its labels, uncompressed and with the root's byte. */
  wire(at: number): Buffer;
  /** Where its first label stands: equal names are mostly the same one. */
  origin(at: number): number;
  /** Whether two names are equal in any case of letters. */
  same(a: number, b: number): boolean;
}

const HEADER_SIZE = 12;
const MAX_LABEL = 63;
const MAX_NAME = 255;
/** Nobody points to a pointer on purpose more than once or twice. */
const MAX_JUMPS = 64;

export function createNameReader(bytes: Buffer): NameReader {
  /** By offset of a label or pointer: size of the name from there on, and the pointers in it; 0: not known yet. */
  const sizes = new Uint8Array(bytes.length);
  const jumps = new Uint8Array(bytes.length);
  const sealed = new Uint8Array(bytes.length);
  /** The labels and pointers of a name. */
  const steps = new Uint16Array(MAX_NAME / 2 + MAX_JUMPS);

  const isSealed = (from: number, to: number): boolean => {
    for (let at = from; at < to; at += 1) if (sealed[at] !== 0) return true;
    return false;
  };

  /** Fills in both for the name at `start`: forwards to what is known or to the root, then back. */
  const learn = (start: number): void => {
    let count = 0;
    let at = start;
    // What a pointer leads to ends before the pointer.
    let limit = bytes.length;
    while (bytes.readUInt8(at) !== 0 && sizes[at] === 0) {
      if (count === steps.length) throw broken();
      steps[count] = at;
      count += 1;
      const following = next(bytes, at);
      if (following < at) limit = at;
      else if (following >= limit || isSealed(at, following)) throw broken();
      at = following;
    }
    if (isSealed(at, at + 1)) throw broken();
    let size = sizes[at] || 1;
    let jumped = jumps[at] ?? 0;
    sizes[at] = size;
    for (let n = count - 1; n >= 0; n -= 1) {
      const step = steps[n] ?? 0;
      const length = bytes[step] ?? 0;
      if (length >= 0xc0) jumped += 1;
      else size += length + 1;
      if (size > MAX_NAME || jumped > MAX_JUMPS) throw broken();
      sizes[step] = size;
      jumps[step] = jumped;
    }
  };

  /** Most names are a pointer to one that was there before. */
  const isKnownPointer = (start: number): boolean => {
    if ((bytes[start] ?? 0) < 0xc0) return false;
    const target = next(bytes, start);
    return sizes[target] !== 0 && (jumps[target] ?? 0) < MAX_JUMPS;
  };

  const end = (start: number): number => {
    if (isKnownPointer(start)) return start + 2;
    if (!sizes[start]) learn(start);
    let at = start;
    for (;;) {
      const length = bytes.readUInt8(at);
      if (length === 0) return at + 1;
      if (length >= 0xc0) return at + 2;
      at += length + 1;
    }
  };

  /** Calls for every label of a name that is sound. */
  const labels = (start: number, each: (at: number, length: number) => void): void => {
    end(start);
    let at = start;
    for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
      if (length < 0xc0) each(at + 1, length);
      at = next(bytes, at);
    }
  };

  const origin = (start: number): number => {
    let at = start;
    while (bytes.readUInt8(at) >= 0xc0) at = next(bytes, at);
    return at;
  };

  return {
    seal: (from, to) => void sealed.fill(1, from, to),
    end,
    text: (at) => {
      const texts: string[] = [];
      labels(at, (from, length) => {
        texts.push(bytes.toString('latin1', from, from + length).replace(/[.\\]/g, '\\$&'));
      });
      return texts.join('.');
    },
    wire: (at) => {
      const first = origin(at);
      end(first);
      const name = Buffer.alloc(sizes[first] ?? 1);
      let size = 0;
      labels(first, (from, length) => {
        size += bytes.copy(name, size, from - 1, from + length);
      });
      return name;
    },
    origin,
    same: (a, b) => {
      let [one, other] = [origin(a), origin(b)];
      if (one === other) return true;
      end(one);
      end(other);
      if (sizes[one] !== sizes[other]) return false;
      while (one !== other) {
        const length = bytes.readUInt8(one);
        if (!isSameLabel(bytes, one, other, length)) return false;
        if (length === 0) return true;
        one = origin(one + 1 + length);
        other = origin(other + 1 + length);
      }
      return true;
    },
  };
}

function isSameLabel(bytes: Buffer, one: number, other: number, length: number): boolean {
  if (bytes[other] !== length) return false;
  for (let n = 1; n <= length; n += 1) {
    if (lowerCase(bytes[one + n] ?? 0) !== lowerCase(bytes[other + n] ?? 0)) return false;
  }
  return true;
}

/** Of letters of ASCII only: all other bytes are themselves [RFC 4343]. */
function lowerCase(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** The offset of the next label. */
function next(bytes: Buffer, at: number): number {
  const length = bytes.readUInt8(at);
  if (length < 0xc0) {
    if (length > MAX_LABEL) throw broken();
    return at + 1 + length;
  }
  const target = bytes.readUInt16BE(at) & 0x3fff;
  if (target >= at || target < HEADER_SIZE) throw broken();
  return target;
}

function broken(): RangeError {
  return new RangeError('a DNS name is broken');
}
