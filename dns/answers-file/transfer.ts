import type { Answers, RecordSet, Records, Section } from './answers.ts';
import type { ParsedAnswers } from './parse.ts';

/** A parsed file on its way between processes, in parts small enough that receiving one delays no query. */
export type Part =
  | { readonly kind: 'records'; readonly section: string; readonly of: keyof Records; readonly entries: Entries }
  | { readonly kind: 'between'; readonly names: readonly string[] }
  /** The last part: everything else, with empty records. */
  | { readonly kind: 'end'; readonly parsed: ParsedAnswers };

type AnyValue = string | readonly string[];
type Entries = readonly (readonly [name: string, entry: RecordSet<AnyValue>])[];

const KINDS = ['a', 'cname', 'ptr', 'txt'] as const satisfies readonly (keyof Records)[];
const NO_RECORDS: Records = { a: new Map(), cname: new Map(), ptr: new Map(), txt: new Map() };
/** Received within one or two milliseconds. */
const PART_SIZE = 1_000;
/** In the place of an address: the common section. */
const COMMON = '';

export function* partsOf(parsed: ParsedAnswers): Generator<Part> {
  if (parsed.ok) {
    const { common, sections, between } = parsed.answers;
    for (const [section, records] of [[COMMON, common] as const, ...sections]) {
      for (const of of KINDS) {
        for (const entries of slicesOf<Entries[number]>(records[of])) yield { kind: 'records', section, of, entries };
      }
    }
    for (const names of slicesOf(between)) yield { kind: 'between', names };
  }
  yield { kind: 'end', parsed: parsed.ok ? { ...parsed, answers: withoutRecords(parsed.answers) } : parsed };
}

function withoutRecords(answers: Answers): Answers {
  const sections = new Map([...answers.sections].map(([key, section]) => [key, { ...section, ...NO_RECORDS }]));
  return { ...answers, common: { ...answers.common, ...NO_RECORDS }, sections, between: new Set() };
}

function* slicesOf<T>(all: Iterable<T>): Generator<readonly T[]> {
  let slice: T[] = [];
  for (const one of all) {
    slice.push(one);
    if (slice.length < PART_SIZE) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** Call it with each part in order: gives null until the last part, and the file then. */
export function createAssembly(): (part: Part) => ParsedAnswers | null {
  const records = new Map<string, Map<string, RecordSet<AnyValue>>>();
  const between = new Set<string>();
  const recordsOf = (section: string, of: keyof Records) => {
    const key = `${of} ${section}`;
    const known = records.get(key) ?? new Map<string, RecordSet<AnyValue>>();
    records.set(key, known);
    return known;
  };
  const complete = (key: string, section: Section): Section => {
    const kinds = Object.fromEntries(KINDS.map((of) => [of, recordsOf(key, of)]));
    return { ...section, ...(kinds as unknown as Records) };
  };
  return (part) => {
    if (part.kind === 'records') {
      const known = recordsOf(part.section, part.of);
      for (const [name, entry] of part.entries) known.set(name, entry);
      return null;
    }
    if (part.kind === 'between') {
      for (const name of part.names) between.add(name);
      return null;
    }
    const { parsed } = part;
    if (!parsed.ok) return parsed;
    const { answers } = parsed;
    const sections = new Map([...answers.sections].map(([key, section]) => [key, complete(key, section)]));
    return { ...parsed, answers: { ...answers, common: complete(COMMON, answers.common), sections, between } };
  };
}
