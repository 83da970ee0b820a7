import { CLASS_IN } from './codes.ts';
import { createNameReader, type NameReader } from './name-reader.ts';
import { HEADER_SIZE, namesIn } from './structure.ts';

/**
 * A record of somebody else's message, fit to stand in another one: its names are whole. dns2 would read a dot within a label
 * as a dot between two.
 */
export interface CopiedRecord {
  readonly wireName: Buffer;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}

export interface Copies {
  readonly answers: readonly CopiedRecord[];
  readonly authorities: readonly CopiedRecord[];
}

/** The records of a message that `structureOf` found sound. */
export function copyRecords(message: Buffer): Copies {
  const names = createNameReader(message);
  let at = HEADER_SIZE;
  for (let n = message.readUInt16BE(4); n > 0; n -= 1) at = names.end(at) + 4;
  const copySection = (count: number): readonly CopiedRecord[] => {
    const copies: CopiedRecord[] = [];
    for (let n = 0; n < count; n += 1) {
      const fixed = names.end(at);
      const end = fixed + 10 + message.readUInt16BE(fixed + 8);
      const type = message.readUInt16BE(fixed);
      if (message.readUInt16BE(fixed + 2) === CLASS_IN) {
        const data = copyData(message, names, type, fixed + 10, end);
        copies.push({ wireName: names.wire(at), type, class: CLASS_IN, ttl: message.readUInt32BE(fixed + 4), data });
      }
      at = end;
    }
    return copies;
  };
  return { answers: copySection(message.readUInt16BE(6)), authorities: copySection(message.readUInt16BE(8)) };
}

function copyData(message: Buffer, names: NameReader, type: number, from: number, end: number): Buffer {
  const parts: Buffer[] = [];
  let at = from;
  for (const name of namesIn(type, names, from, end)) {
    parts.push(message.subarray(at, name), names.wire(name));
    at = names.end(name);
  }
  return parts.length === 0 ? message.subarray(from, end) : Buffer.concat([...parts, message.subarray(at, end)]);
}
