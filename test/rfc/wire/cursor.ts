import { nameText } from './name.ts';

/** Reads a message from front to back. */
export interface Cursor {
  at(): number;
  u16(): number;
  u32(): number;
  take(octets: number): Buffer;
  /** Reads a name, compressed or not. Every pointer must lead to an earlier label [RFC 1035 §4.1.4]. */
  name(): NameRead;
  moveTo(offset: number): void;
}

export interface NameRead {
  readonly text: string;
  readonly compressed: boolean;
}

export function createCursor(bytes: Buffer): Cursor {
  let at = 0;
  /** Offsets of labels that a pointer may lead to. */
  const labelStarts = new Set<number>();
  const take = (octets: number): Buffer => {
    if (at + octets > bytes.length) throw new Error(`the message ends at ${bytes.length}, ${octets} wanted at ${at}`);
    at += octets;
    return bytes.subarray(at - octets, at);
  };
  const name = (): NameRead => {
    const labels: Buffer[] = [];
    const seen: number[] = [];
    let end: number | null = null;
    let size = 1;
    for (;;) {
      const start = at;
      const length = take(1)[0] ?? 0;
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | (take(1)[0] ?? 0);
        end ??= at;
        if (!labelStarts.has(target)) throw new Error(`the pointer at ${start} leads to ${target}, no label before it`);
        at = target;
        continue;
      }
      if (length > 63) throw new Error(`a label of type ${length >> 6} at ${start}`);
      if (end === null) seen.push(start);
      if (length === 0) break;
      labels.push(take(length));
      size += length + 1;
      if (size > 255) throw new Error(`a name longer than 255 octets at ${start}`);
    }
    for (const start of seen) labelStarts.add(start);
    const compressed = end !== null;
    if (end !== null) at = end;
    return { text: nameText(labels), compressed };
  };
  return {
    at: () => at,
    u16: () => take(2).readUInt16BE(),
    u32: () => take(4).readUInt32BE(),
    take,
    name,
    moveTo: (offset) => {
      at = offset;
    },
  };
}
