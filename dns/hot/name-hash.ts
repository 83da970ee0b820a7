import { mix } from './hash.ts';

const DOT = 46;
const BACKSLASH = 92;
const MAX_LABEL = 63;
const MAX_NAME = 255;

/** Hashes names as text as the hot loop hashes them from the wire. */
export interface NameHasher {
  /** `name` is lower case, absolute; null where it is not a plain name: see `isPlainByte`. */
  hash(name: string): number | null;
}

/** Of labels that read the same as text: no dots in them, nothing that would be escaped, no spaces. */
export function isPlainByte(byte: number): boolean {
  return byte > 32 && byte < 127 && byte !== DOT && byte !== BACKSLASH;
}

/** `seed` is where the loop begins. */
export function createNameHasher(seed: number): NameHasher {
  const wire = new Uint8Array(MAX_NAME + 4);
  /** Gives the size of the wire form, 0 where there is none. */
  const write = (name: string): number => {
    if (name.length >= MAX_NAME || name.length === 0) return 0;
    let size = 0;
    for (let start = 0; start < name.length; ) {
      const dot = name.indexOf('.', start);
      const length = dot - start;
      if (length < 1 || length > MAX_LABEL) return 0;
      wire[size] = length;
      size += 1;
      for (let at = start; at < dot; at += 1) {
        const byte = name.charCodeAt(at);
        if (!isPlainByte(byte)) return 0;
        wire[size] = byte;
        size += 1;
      }
      start = dot + 1;
    }
    wire.fill(0, size, size + 4);
    return size + 1;
  };
  return {
    hash: (name) => {
      const size = write(name);
      if (size === 0) return null;
      let mixed = seed;
      for (let at = 0; at < size; at += 4) {
        const low = (wire[at] as number) | ((wire[at + 1] as number) << 8);
        mixed = mix(mixed, low | ((wire[at + 2] as number) << 16) | ((wire[at + 3] as number) << 24));
      }
      return mixed;
    },
  };
}
