import { rcodeText, TYPE } from './codes.ts';
import { createCursor } from './cursor.ts';
import { type Opt, type Question, type Rr, readQuestion, readRecord, toOpt } from './records.ts';

/** Decodes a reply strictly: throws on any deviation from RFC 1035 §4, with its place. */
export interface Message {
  readonly bytes: Buffer;
  readonly id: number;
  readonly qr: boolean;
  readonly opcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly z: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  /** Includes the upper bits of the OPT record. */
  readonly rcode: string;
  readonly questions: readonly Question[];
  /** The question section as received. */
  readonly questionBytes: Buffer;
  readonly answers: readonly Rr[];
  readonly authorities: readonly Rr[];
  /** Without OPT. */
  readonly additional: readonly Rr[];
  readonly opt: Opt | null;
}

export function read(bytes: Buffer): Message {
  const cursor = createCursor(bytes);
  const [id, flags, ...counts] = [0, 1, 2, 3, 4, 5].map(() => cursor.u16());
  const [questionCount = 0, ...recordCounts] = counts;
  const questions = Array.from({ length: questionCount }, () => readQuestion(cursor));
  const questionBytes = bytes.subarray(12, cursor.at());
  const [answers, authorities, additional] = recordCounts.map((count) =>
    Array.from({ length: count }, () => readRecord(cursor)),
  );
  if (cursor.at() !== bytes.length) throw new Error(`${bytes.length - cursor.at()} octets behind the last record`);
  const opts = [...(answers ?? []), ...(authorities ?? []), ...(additional ?? [])].filter(isOpt);
  if (opts.length > 1) throw new Error(`${opts.length} OPT records in a reply`);
  if ([...(answers ?? []), ...(authorities ?? [])].some(isOpt))
    throw new Error('OPT outside of the additional section');
  const opt = opts[0] ? toOpt(opts[0]) : null;
  const bit = (mask: number) => ((flags ?? 0) & mask) !== 0;
  return {
    bytes,
    id: id ?? 0,
    qr: bit(0x8000),
    opcode: ((flags ?? 0) >> 11) & 0xf,
    aa: bit(0x0400),
    tc: bit(0x0200),
    rd: bit(0x0100),
    ra: bit(0x0080),
    z: bit(0x0040),
    ad: bit(0x0020),
    cd: bit(0x0010),
    rcode: rcodeText(((opt?.extendedRcode ?? 0) << 4) | ((flags ?? 0) & 0xf)),
    questions,
    questionBytes,
    answers: answers ?? [],
    authorities: authorities ?? [],
    additional: (additional ?? []).filter((record) => !isOpt(record)),
    opt,
  };
}

function isOpt({ type }: Rr): boolean {
  return type === TYPE.OPT;
}
