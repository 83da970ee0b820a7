import { createNameIndex, type NameIndex } from './name-index.ts';

/** Reads the names of one message. */
export interface NameReader extends Pick<NameIndex, 'seal' | 'end' | 'origin'> {
  /** As text: case as sent, no trailing dot, '' for the root. A dot or backslash within a label becomes `\.` or `\\`. */
  text(at: number): string;
  /** The uncompressed labels with the root byte. */
  wire(at: number): Buffer;
  /** Whether two names are equal, ignoring case. */
  same(a: number, b: number): boolean;
}

export function createNameReader(bytes: Buffer): NameReader {
  const { seal, end, origin, size, next } = createNameIndex(bytes);

  /** Calls `each` for every label of a valid name. */
  const labels = (start: number, each: (at: number, length: number) => void): void => {
    end(start);
    let at = start;
    for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
      if (length < 0xc0) each(at + 1, length);
      at = next(at);
    }
  };

  return {
    seal,
    end,
    origin,
    text: (at) => {
      const texts: string[] = [];
      labels(at, (from, length) => {
        texts.push(bytes.toString('latin1', from, from + length).replace(/[.\\]/g, '\\$&'));
      });
      return texts.join('.');
    },
    wire: (at) => {
      const first = origin(at);
      const name = Buffer.alloc(size(first));
      let written = 0;
      labels(first, (from, length) => {
        written += bytes.copy(name, written, from - 1, from + length);
      });
      return name;
    },
    same: (a, b) => {
      let [one, other] = [origin(a), origin(b)];
      if (one === other) return true;
      if (size(one) !== size(other)) return false;
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

/** Changes ASCII letters only [RFC 4343]. */
function lowerCase(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
