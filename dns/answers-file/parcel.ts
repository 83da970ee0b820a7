import type { Problem } from '../../model/index.ts';
import type { Answers, Entry, Records, Section } from './answers.ts';
import type { ParsedAnswers } from './parse.ts';

/** A parsed file on its way between threads, in parts so small that taking one in delays no query. */
export type Parcel =
  | { readonly kind: 'records'; readonly section: string; readonly of: keyof Records; readonly entries: Entries }
  | { readonly kind: 'between'; readonly names: readonly string[] }
  | {
      readonly kind: 'end';
      readonly sections: readonly {
        readonly of: string;
        readonly search: readonly string[];
        readonly recurse: readonly string[];
      }[];
      readonly authoritative: readonly string[];
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] };

type AnyValue = string | readonly string[];
type Entries = readonly (readonly [name: string, value: AnyValue, ttlSeconds: number | null])[];

const KINDS = ['a', 'cname', 'ptr', 'txt'] as const satisfies readonly (keyof Records)[];
/** Taken in within a millisecond or two. */
const PART = 1_000;
const EVERYBODY = '';

/** The parts of a file, in the order they are to be taken in. */
export function* packAnswers(parsed: ParsedAnswers): Generator<Parcel> {
  if (!parsed.ok) {
    yield { kind: 'unreadable', problems: parsed.problems };
    return;
  }
  const { answers, problems } = parsed;
  const sections: readonly (readonly [string, Section])[] = [[EVERYBODY, answers.common], ...answers.sections];
  for (const [of, section] of sections) {
    for (const kind of KINDS) {
      for (const part of partsOf<readonly [string, Entry<AnyValue>]>(section[kind])) {
        const entries = part.map(([name, { value, ttlSeconds }]) => [name, value, ttlSeconds] as const);
        yield { kind: 'records', section: of, of: kind, entries };
      }
    }
  }
  for (const names of partsOf(answers.between)) yield { kind: 'between', names };
  const lists = sections.map(([of, { search, recurse }]) => ({ of, search, recurse }));
  yield { kind: 'end', sections: lists, authoritative: answers.authoritative, problems };
}

function* partsOf<T>(all: Iterable<T>): Generator<readonly T[]> {
  let part: T[] = [];
  for (const one of all) {
    part.push(one);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** Takes parts in; gives the file with the last one, null before. */
export function createUnpacking(): (parcel: Parcel) => ParsedAnswers | null {
  const records = new Map<string, Map<string, Map<string, Entry<AnyValue>>>>();
  const between = new Set<string>();
  const mapOf = (section: string, of: string): Map<string, Entry<AnyValue>> => {
    const kinds = records.get(section) ?? new Map<string, Map<string, Entry<AnyValue>>>();
    records.set(section, kinds);
    const map = kinds.get(of) ?? new Map<string, Entry<AnyValue>>();
    kinds.set(of, map);
    return map;
  };
  const sectionOf = ({ of, search, recurse }: Extract<Parcel, { kind: 'end' }>['sections'][number]): Section => {
    const kinds = Object.fromEntries(KINDS.map((kind) => [kind, mapOf(of, kind)]));
    return { search, recurse, ...(kinds as unknown as Records) };
  };
  return (parcel) => {
    switch (parcel.kind) {
      case 'records': {
        const map = mapOf(parcel.section, parcel.of);
        for (const [name, value, ttlSeconds] of parcel.entries) map.set(name, { value, ttlSeconds });
        return null;
      }
      case 'between':
        for (const name of parcel.names) between.add(name);
        return null;
      case 'unreadable':
        return { ok: false, problems: parcel.problems };
      case 'end': {
        const { authoritative, problems } = parcel;
        const [common, ...own] = parcel.sections.map((lists) => [lists.of, sectionOf(lists)] as const);
        if (!common) throw new Error('a file without a common section was sent');
        const answers: Answers = { sections: new Map(own), common: common[1], authoritative, between };
        return { ok: true, answers, problems };
      }
    }
  };
}
