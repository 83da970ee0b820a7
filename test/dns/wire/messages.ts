import { Packet } from 'dns2';

/** Bytes from hexadecimal text; spaces are ignored. */
export function bytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

/** A name in wire form. */
export function wireName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')]),
    Buffer.of(0),
  ]);
}

export interface QueryParts {
  readonly id?: number;
  /** The flags of the header; default RD. */
  readonly flags?: number;
  readonly name?: string;
  readonly type?: number;
  readonly class?: number;
  /** Counts of the header, if they should be wrong. */
  readonly counts?: readonly [number, number, number, number];
  readonly opt?: OptParts;
  /** Bytes after the message. */
  readonly tail?: Buffer;
}

export interface OptParts {
  readonly owner?: Buffer;
  readonly payloadSize?: number;
  readonly version?: number;
  readonly dnssecOk?: boolean;
  readonly options?: Buffer;
}

/** A query built byte by byte, so that any part can be wrong. */
export function queryOf(parts: QueryParts = {}): Buffer {
  const { id = 0x1234, flags = 0x0100, name = 'web.shop.rancher.internal', type = Packet.TYPE.A, opt, tail } = parts;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  for (const [at, count] of (parts.counts ?? [1, 0, 0, opt ? 1 : 0]).entries()) header.writeUInt16BE(count, 4 + at * 2);
  const rest = Buffer.alloc(4);
  rest.writeUInt16BE(type, 0);
  rest.writeUInt16BE(parts.class ?? 1, 2);
  return Buffer.concat([header, wireName(name), rest, opt ? optOf(opt) : Buffer.alloc(0), tail ?? Buffer.alloc(0)]);
}

export function optOf(parts: OptParts = {}): Buffer {
  const { owner = Buffer.of(0), payloadSize = 1232, version = 0, dnssecOk = false, options = Buffer.alloc(0) } = parts;
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(Packet.TYPE.EDNS, 0);
  fixed.writeUInt16BE(payloadSize, 2);
  fixed.writeUInt8(version, 5);
  fixed.writeUInt8(dnssecOk ? 0x80 : 0, 6);
  fixed.writeUInt16BE(options.length, 8);
  return Buffer.concat([owner, fixed, options]);
}

export function optionOf(code: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}

/** The options of the OPT record of a message, by code. */
export function optionsIn(message: Buffer): ReadonlyMap<number, Buffer> {
  const { additionals } = Packet.parse(message);
  const opt = additionals.find(({ type }) => type === Packet.TYPE.EDNS);
  const size = message.length - tailOf(message);
  const found = new Map<number, Buffer>();
  if (!opt) return found;
  for (let at = size; at < message.length; ) {
    const length = message.readUInt16BE(at + 2);
    found.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** Length of the options; our OPT record is always the last record. */
function tailOf(message: Buffer): number {
  for (let size = 0; size + 11 <= message.length; size += 1) {
    const at = message.length - size - 11;
    const isOpt = message[at] === 0 && message.readUInt16BE(at + 1) === Packet.TYPE.EDNS;
    if (isOpt && message.readUInt16BE(at + 9) === size) return size;
  }
  return 0;
}
