import { closeSync } from 'node:fs';
import { constants } from 'node:os';

/** The system call of the addon. Returns its result, or the negative errno. */
export interface BpfAddon {
  bpf(command: number, attribute: Buffer, pointers: readonly (number | Buffer)[], namespace: number): number;
}

/** The part of bpf(2) that is used here. Failures throw a `BpfError`. */
export interface Bpf {
  createMap(name: string, map: MapSpec): number;
  /** The code already contains the descriptors of its maps. A failure has the message of the verifier. */
  loadProgram(name: string, code: Buffer, license: string): number;
  /** Attaches to the ingress of a device in a network namespace, until the returned descriptor is closed. */
  attach(program: number, device: number, namespace: number): number;
  update(map: number, key: Buffer, value: Buffer): void;
  /** False: there was no such key. */
  remove(map: number, key: Buffer): boolean;
  /** Null: there is no such key. `size` of the value: 8 bytes for each CPU in a per-CPU map. */
  lookup(map: number, key: Buffer, size: number): Buffer | null;
  close(descriptor: number): void;
}

export interface MapSpec {
  readonly type: 'hash' | 'array' | 'percpu-array';
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

const COMMAND = { MAP_CREATE: 0, LOOKUP: 1, UPDATE: 2, DELETE: 3, PROG_LOAD: 5, LINK_CREATE: 28 };
const MAP_TYPE = { hash: 1, array: 2, 'percpu-array': 6 };
/** Memory is allocated entry by entry. */
const NO_PREALLOC = 1;
const PROG_SCHED_CLS = 3;
const TCX_INGRESS = 46;
const OWN_NAMESPACE = -1;

export class BpfError extends Error {
  readonly code: string;
  constructor(what: string, errno: number, detail = '') {
    const code = Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
    super(`${what}: ${code}${detail === '' ? '' : `: ${detail}`}`);
    this.code = code;
  }
}

export function createBpf(addon: BpfAddon): Bpf {
  const call = (what: string, command: number, attr: Buffer, pointers: readonly (number | Buffer)[] = []): number => {
    const result = addon.bpf(command, attr, pointers, OWN_NAMESPACE);
    if (result < 0) throw new BpfError(what, -result);
    return result;
  };
  const element = (command: number, map: number, key: Buffer, value: Buffer | null): number => {
    const attr = Buffer.alloc(32);
    attr.writeUInt32LE(map, 0);
    return addon.bpf(command, attr, value ? [8, key, 16, value] : [8, key], OWN_NAMESPACE);
  };
  return {
    createMap: (name, { type, keySize, valueSize, maxEntries }) => {
      const attr = Buffer.alloc(48);
      const flags = type === 'hash' ? NO_PREALLOC : 0;
      [MAP_TYPE[type], keySize, valueSize, maxEntries, flags].forEach(
        (field, n) => void attr.writeUInt32LE(field, n * 4),
      );
      writeName(attr, 28, name);
      return call(`the kernel cannot create the map ${name}`, COMMAND.MAP_CREATE, attr);
    },
    loadProgram: (name, code, license) => {
      const attempt = (log: Buffer | null): number => {
        const attr = Buffer.alloc(72);
        attr.writeUInt32LE(PROG_SCHED_CLS, 0);
        attr.writeUInt32LE(code.length / 8, 4);
        attr.writeUInt32LE(log ? 1 : 0, 24);
        attr.writeUInt32LE(log?.length ?? 0, 28);
        writeName(attr, 48, name);
        const pointers = [8, code, 16, Buffer.from(`${license}\0`), ...(log ? [32, log] : [])];
        return addon.bpf(COMMAND.PROG_LOAD, attr, pointers, OWN_NAMESPACE);
      };
      const loaded = attempt(null);
      if (loaded >= 0) return loaded;
      const log = Buffer.alloc(1 << 20);
      const again = attempt(log);
      if (again >= 0) return again;
      throw new BpfError(`the kernel rejects the program ${name}`, -again, lastLines(log));
    },
    attach: (program, device, namespace) => {
      const attr = Buffer.alloc(48);
      [program, device, TCX_INGRESS].forEach((field, n) => void attr.writeUInt32LE(field, n * 4));
      const result = addon.bpf(COMMAND.LINK_CREATE, attr, [], namespace);
      if (result < 0) throw new BpfError(`cannot attach the program to device ${device}`, -result);
      return result;
    },
    update: (map, key, value) => {
      const result = element(COMMAND.UPDATE, map, key, value);
      if (result < 0) throw new BpfError('cannot write a map entry', -result);
    },
    remove: (map, key) => {
      const result = element(COMMAND.DELETE, map, key, null);
      if (result < 0 && -result !== constants.errno.ENOENT) throw new BpfError('cannot remove a map entry', -result);
      return result >= 0;
    },
    lookup: (map, key, size) => {
      const value = Buffer.alloc(size);
      const result = element(COMMAND.LOOKUP, map, key, value);
      if (result < 0 && -result !== constants.errno.ENOENT) throw new BpfError('cannot read a map entry', -result);
      return result < 0 ? null : value;
    },
    close: (descriptor) => closeSync(descriptor),
  };
}

/** Names have at most 15 characters. */
function writeName(attr: Buffer, at: number, name: string): void {
  attr.write(name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15), at, 'latin1');
}

function lastLines(log: Buffer): string {
  return log.toString('latin1', 0, log.indexOf(0)).trim().split('\n').slice(-4).join(' | ');
}
