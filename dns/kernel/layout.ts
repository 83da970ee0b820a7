/**
 * The structures of answer.bpf.c as bytes, little-endian as on every machine we run on. Addresses and ports are in network
 * order, as in a packet.
 */

/** Longest name (wire form) the kernel answers; longer ones go to the server. */
export const NAME_MAX = 116;
export const BODY_MAX = 512;
export const MAX_RECORDS = 16;

/** Name in answer.bpf.c -> what the kernel is to make. */
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
  /** False: everything goes to the server. */
  readonly active: boolean;
  /** Only answers of this epoch count. */
  readonly epoch: number;
  /** Dotted IPv4. */
  readonly address: string;
  readonly port: number;
  /** Of SOA records. */
  readonly serial: number;
  /** Whether only those in the map of ports are answered. */
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

/** Who may ask from a port of the bridge. */
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

/** What is asked: by whom (scope), which type, which name. */
export interface KernelKey {
  readonly epoch: number;
  readonly scope: number;
  readonly type: number;
  /** Wire form, lower case, with the root's zero. */
  readonly name: Uint8Array;
}

/** Null: too long for the kernel. */
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
  /** Address records of equal size, or with `count` 0 the one SOA record of a NODATA. */
  readonly body: Uint8Array;
  readonly count: number;
  /** Which record the first answer begins with. */
  readonly turn: number;
  /** Where in an SOA record its serial stands; 0 without one. */
  readonly serialAt: number;
}

/** Bytes of the longest SOA the program copies. */
const SOA_MAX = 192;

/** Null: not of a form the kernel answers. */
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

/** An A or AAAA record whose owner is a pointer to the question. */
function recordSize(type: number): number {
  return type === 1 ? 16 : 28;
}

/** Dotted IPv4 in network order. */
export function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
