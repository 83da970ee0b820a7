import type { Bpf } from './bpf.ts';
import { MAPS, type MapName } from './layout.ts';
import { parseBpfObject } from './object.ts';

/** The program in the kernel, not attached to a device yet, and its maps. */
export interface KernelProgram {
  readonly program: number;
  readonly maps: Readonly<Record<MapName, number>>;
  close(): void;
}

/** The source register BPF_PSEUDO_MAP_FD marks an instruction that loads the descriptor of a map. */
const PSEUDO_MAP_FD = 1;

/** Creates the maps and loads the program of `object` (answer.bpf.o). A failure throws and leaves nothing behind. */
export function loadKernelProgram(bpf: Bpf, object: Buffer): KernelProgram {
  const { code, license, mapUses } = parseBpfObject(object, 'tc');
  const open: number[] = [];
  const keep = (descriptor: number): number => {
    open.push(descriptor);
    return descriptor;
  };
  const close = (): void => {
    for (const descriptor of open.splice(0)) bpf.close(descriptor);
  };
  try {
    const names = Object.keys(MAPS) as MapName[];
    const maps = Object.fromEntries(
      names.map((name) => [name, keep(bpf.createMap(`drover_${name}`, MAPS[name]))]),
    ) as Record<MapName, number>;
    for (const [at, name] of mapUses) {
      if (!(name in maps)) throw new Error(`the program uses a map ${name}, which is not in layout.ts`);
      code.writeUInt8(((code[at + 1] ?? 0) & 0x0f) | (PSEUDO_MAP_FD << 4), at + 1);
      code.writeUInt32LE(maps[name as MapName], at + 4);
    }
    return { program: keep(bpf.loadProgram('drover_answer', code, license)), maps, close };
  } catch (error) {
    close();
    throw error;
  }
}
