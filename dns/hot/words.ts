/** Bytes as little-endian numbers of four bytes, the last one filled up with zeros. */

/** How many numbers hold so many bytes. */
export function numbersOf(bytes: number): number {
  return (bytes + 3) >> 2;
}

export function writeBytes(numbers: Int32Array, at: number, bytes: Uint8Array): void {
  numbers.fill(0, at, at + numbersOf(bytes.length));
  for (let n = 0; n < bytes.length; n += 1) {
    const index = at + (n >> 2);
    numbers[index] = (numbers[index] as number) | ((bytes[n] as number) << ((n & 3) * 8));
  }
}

export function byteAt(numbers: Int32Array, at: number, n: number): number {
  return ((numbers[at + (n >> 2)] as number) >>> ((n & 3) * 8)) & 0xff;
}

export function bytesOf(numbers: Int32Array, at: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let n = 0; n < size; n += 1) bytes[n] = byteAt(numbers, at, n);
  return bytes;
}

/** The name in wire form that begins at `at`. */
export function bytesOfName(numbers: Int32Array, at: number): Uint8Array {
  let size = 0;
  for (let label = byteAt(numbers, at, 0); label !== 0; label = byteAt(numbers, at, size)) size += label + 1;
  return bytesOf(numbers, at, size + 1);
}
