/**
 * A writer for dns2's record encoders that keeps bytes. dns2's own writer keeps an array of bits and copies all of it after
 * every record: 4,000 addresses took seconds.
 */
export class ByteWriter {
  /** Suffix (lower case) -> offset, for name compression; filled by the encoders. */
  readonly names = new Map<string, number>();
  readonly buffer: number[] = [];
  #bytes: Buffer;
  #length = 0;

  constructor(start: Buffer) {
    this.#bytes = Buffer.allocUnsafe(Math.max(512, start.length * 2));
    this.append(start);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Byte by byte; `writeUIntBE` costs several times as much. */
  write(value: number, bits: number): void {
    this.#reserve(bits >> 3);
    for (let shift = bits - 8; shift >= 0; shift -= 8) {
      this.#bytes[this.#length] = value >>> shift;
      this.#length += 1;
    }
  }

  /** Text of characters below 256, one byte each. */
  text(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Reserves `size` bytes and returns their offset in `bytes`; the caller fills them in. */
  claim(size: number): number {
    this.#reserve(size);
    const at = this.#length;
    this.#length += size;
    return at;
  }

  /** The written bytes, followed by free space. Replaced when a write needs more space. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  writeBuffer(): void {
    throw new Error('writeBuffer is not supported; no record encoder in use calls it');
  }

  bitLength(): number {
    return this.#length * 8;
  }

  byteLength(): number {
    return this.#length;
  }

  patch(bitOffset: number, value: number, bits: number): void {
    const end = (bitOffset + bits) >> 3;
    for (let at = bitOffset >> 3; at < end; at += 1) this.#bytes[at] = value >>> ((end - at - 1) * 8);
  }

  /** Removes everything from `length` on. */
  cut(length: number): void {
    this.#length = length;
    for (const [suffix, offset] of this.names) if (offset >= length) this.names.delete(suffix);
  }

  /** Not a copy: dns2 calls it after every record. */
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
