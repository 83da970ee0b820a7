/** A message of the VICI protocol: values, lists of values, and sections. The values are text: everything Drover reads and sends is. */
export interface ViciMessage {
  readonly [name: string]: ViciValue;
}
export type ViciValue = string | readonly string[] | ViciMessage;

const SECTION_START = 1;
const SECTION_END = 2;
const KEY_VALUE = 3;
const LIST_START = 4;
const LIST_ITEM = 5;
const LIST_END = 6;

const MAX_NAME_BYTES = 0xff;
const MAX_VALUE_BYTES = 0xffff;

/** Throws if a name or a value is longer than the protocol allows (255 and 65,535 bytes). */
export function encodeMessage(message: ViciMessage): Buffer {
  return Buffer.concat(encodeSection(message));
}

/** The form of a name: its length in one byte before it. */
export function encodeName(name: string): Buffer {
  const bytes = Buffer.from(name);
  if (bytes.length > MAX_NAME_BYTES) throw new RangeError(`VICI: name of ${bytes.length} bytes`);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function encodeSection(message: ViciMessage): Buffer[] {
  return Object.entries(message).flatMap(([name, value]) => {
    if (typeof value === 'string') return [Buffer.of(KEY_VALUE), encodeName(name), encodeValue(value)];
    if (isList(value)) {
      const items = value.flatMap((item) => [Buffer.of(LIST_ITEM), encodeValue(item)]);
      return [Buffer.of(LIST_START), encodeName(name), ...items, Buffer.of(LIST_END)];
    }
    return [Buffer.of(SECTION_START), encodeName(name), ...encodeSection(value), Buffer.of(SECTION_END)];
  });
}

function encodeValue(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > MAX_VALUE_BYTES) throw new RangeError(`VICI: value of ${bytes.length} bytes`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** `Array.isArray` does not narrow lists that are read-only. */
function isList(value: ViciValue): value is readonly string[] {
  return Array.isArray(value);
}

type Section = Record<string, ViciValue>;

/** Null: the bytes are not a message. If a name occurs twice in a section, the last one counts. */
export function decodeMessage(bytes: Buffer): ViciMessage | null {
  const reader = new Reader(bytes);
  const root = newSection();
  const open: Section[] = [root];
  let list: string[] | null = null;
  while (!reader.isAtEnd) {
    const type = reader.byte();
    const section = open.at(-1) as Section;
    if (list !== null) {
      if (type === LIST_ITEM) list.push(reader.text(reader.word()));
      else if (type === LIST_END) list = null;
      else return null;
    } else if (type === SECTION_END) {
      if (open.length === 1) return null;
      open.pop();
    } else {
      const name = reader.text(reader.byte());
      if (type === KEY_VALUE) section[name] = reader.text(reader.word());
      else if (type === LIST_START) {
        list = [];
        section[name] = list;
      } else if (type === SECTION_START) {
        const inner = newSection();
        section[name] = inner;
        open.push(inner);
      } else return null;
    }
    if (reader.isShort) return null;
  }
  return open.length === 1 && list === null ? root : null;
}

/** Without a prototype, so that a name such as `__proto__` is a name like any other. */
function newSection(): Section {
  return Object.create(null) as Section;
}

/** The section of this name, empty if there is none. */
export function sectionOf(message: ViciMessage, name: string): ViciMessage {
  const value = message[name];
  return value === undefined || typeof value === 'string' || isList(value) ? {} : value;
}

/** The sections of a message by name. */
export function sectionsOf(message: ViciMessage): readonly (readonly [name: string, section: ViciMessage])[] {
  return Object.entries(message).flatMap(([name, value]) =>
    typeof value === 'string' || isList(value) ? [] : [[name, value] as const],
  );
}

export function textOf(message: ViciMessage, name: string): string | null {
  const value = message[name];
  return typeof value === 'string' ? value : null;
}

export function listOf(message: ViciMessage, name: string): readonly string[] {
  const value = message[name];
  return value !== undefined && isList(value) ? value : [];
}

/** Reads past the end are zeros and set `isShort`. */
class Reader {
  readonly #bytes;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  get isShort(): boolean {
    return this.#at > this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  word(): number {
    return this.byte() * 256 + this.byte();
  }

  text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#bytes.toString('utf8', start, this.#at);
  }
}
