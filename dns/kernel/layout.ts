/**
 * The structures of answer.bpf.c as bytes, little-endian like the supported machines. Addresses and ports are in network
 * order, as in a packet.
 */

/** The longest name (wire form) that the kernel answers. */
export const NAME_MAX = 116;
export const BODY_MAX = 512;
export const MAX_RECORDS = 16;

/** Name of the map in answer.bpf.c -> its specification. */
export const MAPS = {
  answers: { type: 'hash', keySize: 12 + NAME_MAX, valueSize: 12 + BODY_MAX, maxEntries: 131_072 },
  askers: { type: 'hash', keySize: 4, valueSize: 4, maxEntries: 16_384 },
  ports: { type: 'hash', keySize: 16, valueSize: 4, maxEntries: 16_384 },
  controls: { type: 'array', keySize: 4, valueSize: 32, maxEntries: 1 },
  counters: { type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: 4 },
  scratch: { type: 'percpu-array', keySize: 4, valueSize: 12 + NAME_MAX, maxEntries: 1 },
} as const;

export type MapName = keyof typeof MAPS;

/** Indexes of the counters. */
export const COUNTERS = ['answered', 'passedUnknown', 'passedStale', 'passedForeign'] as const;

export interface Control {
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly heartbeatNs: bigint;
  /** False: the server answers everything. */
  readonly active: boolean;
  /** Only answers of this epoch are valid. */
  readonly epoch: number;
  /** Dotted IPv4. */
  readonly address: string;
  readonly port: number;
  /** Of SOA records. */
  readonly serial: number;
  /** Whether only clients in the map of ports get answers. */
  readonly guarded: boolean;
}

export function encodeControl({ heartbeatNs, active, epoch, address, port, serial, guarded }: Control): Buffer {
  const bytes = Buffer.alloc(MAPS.controls.valueSize);
  bytes.writeBigUInt64LE(heartbeatNs, 0);
  bytes.writeUInt32LE(Number(active), 8);
  bytes.writeUInt32LE(epoch, 12);
  ipv4Bytes(address).copy(bytes, 16);
  bytes.writeUInt16BE(port, 20);
  bytes.writeUInt32BE(serial >>> 0, 24);
  bytes.writeUInt32LE(Number(guarded), 28);
  return bytes;
}

/** An address that is bound to a port of the bridge. */
export interface BoundPort {
  /** Index of the device. */
  readonly device: number;
  /** Dotted. */
  readonly ipv4: string;
  /** Lower or upper case, with colons. */
  readonly mac: string;
}

export function encodePort({ device, ipv4, mac }: BoundPort): Buffer {
  const bytes = Buffer.alloc(MAPS.ports.keySize);
  bytes.writeUInt32LE(device, 0);
  ipv4Bytes(ipv4).copy(bytes, 4);
  Buffer.from(mac.replaceAll(':', ''), 'hex').copy(bytes, 8, 0, 6);
  return bytes;
}

/** A question of the askers of a scope. */
export interface KernelKey {
  readonly epoch: number;
  readonly scope: number;
  readonly type: number;
  /** Wire form, lower case, with the root's zero. */
  readonly name: Uint8Array;
}

/** Null: the name is too long for the kernel. */
export function encodeKey({ epoch, scope, type, name }: KernelKey): Buffer | null {
  if (name.length > NAME_MAX) return null;
  const bytes = Buffer.alloc(MAPS.answers.keySize);
  bytes.writeUInt32LE(epoch, 0);
  bytes.writeUInt32LE(scope, 4);
  bytes.writeUInt32LE(type, 8);
  bytes.set(name, 12);
  return bytes;
}

export interface KernelAnswer {
  /** Address records of equal size; with `count` 0 the SOA record of a NODATA. */
  readonly body: Uint8Array;
  readonly count: number;
  /** The record that the first answer begins with. */
  readonly turn: number;
  /** Offset of the serial in an SOA record; 0 for addresses. */
  readonly serialAt: number;
}

/** The longest SOA record that the program copies. */
const SOA_MAX = 192;

/** Null: the kernel cannot give this answer. */
export function encodeAnswer(type: number, { body, count, turn, serialAt }: KernelAnswer): Buffer | null {
  const fits = count === 0 ? body.length <= SOA_MAX : count <= MAX_RECORDS && body.length === count * recordSize(type);
  if (!fits || body.length === 0 || body.length > BODY_MAX) return null;
  const bytes = Buffer.alloc(MAPS.answers.valueSize);
  bytes.writeUInt32LE(turn, 0);
  bytes.writeUInt16LE(body.length, 4);
  bytes.writeUInt16LE(count, 6);
  bytes.writeUInt16LE(serialAt, 8);
  bytes.set(body, 12);
  return bytes;
}

/** The size of an A or AAAA record whose owner is a pointer to the question. */
function recordSize(type: number): number {
  return type === 1 ? 16 : 28;
}

/** Dotted IPv4 in network order. */
export function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
