/** The part of an object file made by clang for the target bpf that is used here. */
export interface BpfObject {
  /** The instructions, eight bytes each. */
  readonly code: Buffer;
  readonly license: string;
  /** Instructions that load the descriptor of a map: byte offset in `code` -> name of the map. */
  readonly mapUses: ReadonlyMap<number, string>;
}

/** Section types of ELF. */
const SYMTAB = 2;
const REL = 9;
/** The relocation of a 64-bit load: R_BPF_64_64. */
const LOAD_64 = 1;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly bytes: Buffer;
  /** Index of the related section: the names of a symbol table. */
  readonly link: number;
  /** For relocations: index of the section that they change. */
  readonly info: number;
}

/** Reads a program of an ELF64 little-endian object. Throws on anything else, because the file is part of Drover. */
export function parseBpfObject(file: Buffer, sectionName: string): BpfObject {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new Error('not an ELF64 object');
  const sections = readSections(file);
  const index = sections.findIndex(({ name }) => name === sectionName);
  const program = sections[index];
  const symbols = sections.find(({ type }) => type === SYMTAB);
  if (!program || !symbols) throw new Error(`the object has no program ${sectionName}`);
  const names = sections[symbols.link]?.bytes ?? Buffer.alloc(0);
  const license = sections
    .find(({ name }) => name === 'license')
    ?.bytes.toString('latin1')
    .replace(/\0.*$/s, '');
  const relocations = sections.filter(({ type, info }) => type === REL && info === index);
  const uses = relocations.flatMap(({ bytes }) => readRelocations(bytes, symbols.bytes, names));
  return { code: Buffer.from(program.bytes), license: license ?? '', mapUses: new Map(uses) };
}

function readSections(file: Buffer): readonly Section[] {
  const start = Number(file.readBigUInt64LE(0x28));
  const size = file.readUInt16LE(0x3a);
  const headers = Array.from({ length: file.readUInt16LE(0x3c) }, (_, n) => file.subarray(start + n * size));
  const bytesOf = (header: Buffer): Buffer => {
    const at = Number(header.readBigUInt64LE(0x18));
    return file.subarray(at, at + Number(header.readBigUInt64LE(0x20)));
  };
  const nameHeader = headers[file.readUInt16LE(0x3e)];
  const names = nameHeader ? bytesOf(nameHeader) : Buffer.alloc(0);
  return headers.map((header) => ({
    name: textAt(names, header.readUInt32LE(0)),
    type: header.readUInt32LE(4),
    bytes: bytesOf(header),
    link: header.readUInt32LE(0x28),
    info: header.readUInt32LE(0x2c),
  }));
}

function readRelocations(bytes: Buffer, symbols: Buffer, names: Buffer): readonly (readonly [number, string])[] {
  return Array.from({ length: bytes.length / 16 }, (_, n) => {
    const at = Number(bytes.readBigUInt64LE(n * 16));
    const type = bytes.readUInt32LE(n * 16 + 8);
    const symbol = bytes.readUInt32LE(n * 16 + 12);
    if (type !== LOAD_64) throw new Error(`the object has a relocation of type ${type}, which is not supported`);
    return [at, textAt(names, symbols.readUInt32LE(symbol * 24))] as const;
  });
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
