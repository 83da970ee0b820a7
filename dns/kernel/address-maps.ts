import type { Bpf } from './bpf.ts';
import { type BoundPort, encodePort, ipv4Bytes, MAPS } from './layout.ts';

/** The scopes of client addresses, in the kernel. */
export interface AskerMap {
  /** `address`: dotted IPv4. Does nothing if there is no more room. */
  know(address: string, scope: number): void;
  forgetAll(): void;
}

export function createAskerMap(bpf: Pick<Bpf, 'update' | 'remove'>, map: number): AskerMap {
  const known = new Set<string>();
  return {
    know: (address, scope) => {
      if (!known.has(address) && known.size >= MAPS.askers.maxEntries) return;
      const value = Buffer.alloc(4);
      value.writeUInt32LE(scope);
      bpf.update(map, ipv4Bytes(address), value);
      known.add(address);
    },
    forgetAll: () => {
      for (const address of known) bpf.remove(map, ipv4Bytes(address));
      known.clear();
    },
  };
}

const PRESENT = Buffer.from([1, 0, 0, 0]);

/** Returns the function that replaces the set of bound ports in the kernel. */
export function createPortMap(bpf: Pick<Bpf, 'update' | 'remove'>, map: number): (ports: readonly BoundPort[]) => void {
  let bound = new Set<string>();
  return (ports) => {
    const wanted = new Set(ports.map((port) => encodePort(port).toString('latin1')));
    for (const key of bound) if (!wanted.has(key)) bpf.remove(map, Buffer.from(key, 'latin1'));
    for (const key of wanted) if (!bound.has(key)) bpf.update(map, Buffer.from(key, 'latin1'), PRESENT);
    bound = wanted;
  };
}
