import { u8, u16, u32 } from './bytes.ts';
import { CLASS, FLAG, TYPE } from './codes.ts';
import { name } from './name.ts';

export interface MessageParts {
  readonly id?: number;
  readonly flags?: number;
  readonly questions?: readonly Buffer[];
  readonly answers?: readonly Buffer[];
  readonly authorities?: readonly Buffer[];
  readonly additional?: readonly Buffer[];
  /** Counts in the header, if they should be wrong. */
  readonly counts?: readonly [number, number, number, number];
}

/** Builds a message from the given parts, valid or not. */
export function message(parts: MessageParts): Buffer {
  const { id = newId(), flags = 0, questions = [], answers = [], authorities = [], additional = [] } = parts;
  const sections = [questions, answers, authorities, additional];
  const counts = parts.counts ?? sections.map((section) => section.length);
  return Buffer.concat([u16(id, flags, ...counts), ...sections.flat()]);
}

export function question(owner: string | Buffer, type: number, klass: number = CLASS.IN): Buffer {
  return Buffer.concat([typeof owner === 'string' ? name(owner) : owner, u16(type, klass)]);
}

export function record(owner: string | Buffer, type: number, ttl: number, data: Buffer, klass = 1): Buffer {
  const start = typeof owner === 'string' ? name(owner) : owner;
  return Buffer.concat([start, u16(type, klass), u32(ttl), u16(data.length), data]);
}

export interface EdnsParts {
  /** Default 1232. */
  readonly size?: number;
  readonly version?: number;
  /** DO is 0x8000. */
  readonly flags?: number;
  readonly extendedRcode?: number;
  readonly options?: readonly Buffer[];
  /** Raw data instead of options, for broken ones. */
  readonly data?: Buffer;
  /** Default: the root. */
  readonly owner?: string;
}

/** The OPT pseudo record [RFC 6891 §6.1.2]. */
export function opt(parts: EdnsParts = {}): Buffer {
  const { size = 1232, version = 0, flags = 0, extendedRcode = 0, options = [], owner = '.' } = parts;
  const data = parts.data ?? Buffer.concat(options);
  const fixed = Buffer.concat([u16(TYPE.OPT, size), u8(extendedRcode, version), u16(flags, data.length)]);
  return Buffer.concat([name(owner), fixed, data]);
}

export function option(code: number, data: Buffer): Buffer {
  return Buffer.concat([u16(code, data.length), data]);
}

export interface QueryParts {
  readonly id?: number;
  /** Default: A. */
  readonly type?: number;
  readonly class?: number;
  /** Default: RD. */
  readonly flags?: number;
  readonly opcode?: number;
  readonly edns?: EdnsParts;
}

/** A valid query for one question. */
export function query(owner: string | Buffer, parts: QueryParts = {}): Buffer {
  const { id, type = TYPE.A, class: klass = CLASS.IN, flags = FLAG.RD, opcode = 0, edns } = parts;
  return message({
    ...(id === undefined ? {} : { id }),
    flags: flags | (opcode << 11),
    questions: [question(owner, type, klass)],
    additional: edns ? [opt(edns)] : [],
  });
}

export function newId(): number {
  return Math.floor(Math.random() * 0x10000);
}
