import { ANY_CHANGE, ASKER } from '../../view/index.ts';
import type { Asker, Change, NameSource } from '../query/name-source.ts';
import type { Question } from '../query/question.ts';
import { type Answers, authorityOver, type Section } from './answers.ts';
import type { Matching } from './match.ts';
import { resolveAnswer } from './resolve.ts';

/** An address with a section of its own, or any other asker (section null). */
export interface AnswersAsker extends Asker {
  readonly section: Section | null;
}

export interface AnswersSourceOptions extends Omit<Matching, 'answers'> {
  /** Addresses of upstream resolvers that are never queried, even if the file names them. */
  readonly neverRecurseTo: readonly string[];
}

/** An answers file as a source of names; always uses the newest content. */
export function createAnswersSource(
  { current }: { readonly current: () => Answers },
  { neverRecurseTo, ...how }: AnswersSourceOptions,
): NameSource<AnswersAsker> {
  const never = new Set(neverRecurseTo);
  const askers = createAskers(never);
  const revisions = createRevisions();
  return {
    who: (address) => askers(current(), address),
    known: (address) => askers(current(), address),
    names: () => namesIn(current()),
    isOurs: (name) => authorityOver(current(), `${name.toLowerCase()}.`) !== null,
    resolve: (asker, question, trace) => {
      const answers = current();
      trace?.depends(ANY_CHANGE);
      if (trace && !isCommonAnswer(answers, question)) trace.depends(ASKER);
      return resolveAnswer({ answers, ...how }, asker.section, question);
    },
    authority: () => {
      const answers = current();
      return { primary: (answers.authoritative[0] ?? 'localhost.').slice(0, -1), serial: revisions(answers) };
    },
    changes: () => {
      let before: Answers | null = null;
      return {
        take: (): Change | null => {
          const now = current();
          if (now === before) return null;
          before = now;
          return 'everything';
        },
      };
    },
  };
}

/** The common resolvers of the file, without those that are never queried; the same array until the file changes. */
export function createCommonUpstreams(
  current: () => Answers,
  neverRecurseTo: readonly string[],
): () => readonly string[] {
  const never = new Set(neverRecurseTo);
  let of: Answers | null = null;
  let found: readonly string[] = [];
  return () => {
    if (current() !== of) found = allowed(current().common.recurse, never);
    of = current();
    return found;
  };
}

/** Askers of the newest file content, each made once. */
function createAskers(never: ReadonlySet<string>): (answers: Answers, address: string) => AnswersAsker {
  const common: AnswersAsker = { key: '', label: 'default', dns: [], section: null, isCommon: true };
  let of: Answers | null = null;
  let known = new Map<string, AnswersAsker>();
  return (answers, address) => {
    if (answers !== of) known = new Map();
    of = answers;
    const section = answers.sections.get(address);
    if (!section) return common;
    const asker = known.get(address) ?? {
      key: address,
      label: address,
      dns: allowed(section.recurse, never),
      section,
      isCommon: !hasRecords(section),
    };
    known.set(address, asker);
    return asker;
  };
}

/**
 * Whether all askers without records of their own get the same answer. Below an authoritative domain search lists are not
 * used, but the target of an alias may be outside.
 */
function isCommonAnswer(answers: Answers, question: Question): boolean {
  const name = `${question.name.toLowerCase()}.`;
  const zone = authorityOver(answers, name);
  return zone !== null && zone !== name && !answers.common.cname.has(name);
}

function hasRecords({ a, cname, ptr, txt }: Section): boolean {
  return a.size + cname.size + ptr.size + txt.size > 0;
}

function allowed(upstreams: readonly string[], never: ReadonlySet<string>): readonly string[] {
  return upstreams.filter(
    (upstream) => !never.has(upstream) && !never.has(upstream.replace(/^\[?([^\]]*)\]?:\d+$/, '$1')),
  );
}

function* namesIn({ common }: Answers): Iterable<string> {
  for (const records of [common.a, common.cname]) yield* records.keys();
}

/** Counts content changes, for the SOA serial. */
function createRevisions(): (answers: Answers) => number {
  let of: Answers | null = null;
  let revision = 0;
  return (answers) => {
    if (answers !== of) revision += 1;
    of = answers;
    return revision;
  };
}
