/**
 * Takes what dns2's record encoders write, as bytes. dns2's own writer keeps an array of bits and copies all of it after
 * every record: 4,000 addresses took seconds.
 */
export class ByteWriter {
  /** Suffix (lower case) -> offset, for compression; filled by the encoders. */
  readonly names = new Map<string, number>();
  readonly buffer: number[] = [];
  #bytes: Buffer;
  #length = 0;

  constructor(start: Buffer) {
    this.#bytes = Buffer.allocUnsafe(Math.max(512, start.length * 2));
    this.append(start);
  }

  append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  write(value: number, bits: number): void {
    const size = bits / 8;
    this.#reserve(size);
    this.#bytes.writeUIntBE(value >>> 0, this.#length, size);
    this.#length += size;
  }

  writeBuffer(): void {
    throw new Error('a DNS record encoder wrote another writer, which none of ours does');
  }

  bitLength(): number {
    return this.#length * 8;
  }

  byteLength(): number {
    return this.#length;
  }

  patch(bitOffset: number, value: number, bits: number): void {
    this.#bytes.writeUIntBE(value, bitOffset / 8, bits / 8);
  }

  /** Forgets everything from `length` on. */
  cut(length: number): void {
    this.#length = length;
    for (const [suffix, offset] of this.names) if (offset >= length) this.names.delete(suffix);
  }

  /** Called by dns2 after every record too: no copy. */
  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe((this.#length + size) * 2);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
