import { nearestWord, type Problem, unknownKeyFault } from '../../../model/index.ts';
import type { YamlDocument, YamlPath } from '../../../system/yaml/index.ts';

/** Problems refuse a service or a file; notes name what is odd but changes nothing. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

export function joinFindings(all: readonly Findings[]): Findings {
  return { problems: all.flatMap(({ problems }) => problems), notes: all.flatMap(({ notes }) => notes) };
}

/** Repeated keys and tags of a document, or of a part of it. */
export type Remarks = Pick<Extract<YamlDocument, { ok: true }>, 'repeated' | 'tags'>;

/** `!reset` removes what earlier files say, `!override` replaces it. */
export const CLEARING: ReadonlySet<string> = new Set(['!reset', '!override']);

/** The remarks at and below a path, with paths from there. */
export function remarksBelow({ repeated, tags }: Remarks, at: YamlPath): Remarks {
  const below = <T extends { readonly path: YamlPath }>(remark: T): readonly T[] =>
    startsWith(remark.path, at) ? [{ ...remark, path: remark.path.slice(at.length) }] : [];
  return { repeated: repeated.flatMap(below), tags: tags.flatMap(below) };
}

export function startsWith(path: YamlPath, start: YamlPath): boolean {
  return start.every((key, index) => path[index] === key);
}

interface RemarkContext {
  /** Whether Drover reads the value at a path. */
  readonly isRead: (path: YamlPath) => boolean;
  /** Whether a tag has its effect. */
  readonly isKnownTag: (tag: string) => boolean;
  readonly subjectOf: (path: YamlPath) => string;
}

/** A repeated key is a problem if its values differ and Drover reads them, else a note. */
export function remarkFindings(
  { repeated, tags }: Remarks,
  { isRead, isKnownTag, subjectOf }: RemarkContext,
): Findings {
  const isProblem = ({ path, differs }: (typeof repeated)[number]) => differs && isRead(path);
  const hint = 'remove one of them';
  const problems = repeated
    .filter(isProblem)
    .map(({ path }) => ({ subject: subjectOf(path), what: 'is there twice, with different values', hint }));
  const harmless = repeated
    .filter((one) => !isProblem(one))
    .map(({ path }) => ({ subject: subjectOf(path), what: 'is there twice: the last one counts', hint }));
  const unknown = tags.filter(({ tag }) => !isKnownTag(tag)).map(({ path, tag }) => unknownTag(subjectOf(path), tag));
  return { problems, notes: [...harmless, ...unknown] };
}

function unknownTag(subject: string, tag: string): Problem {
  const what = CLEARING.has(tag) ? `has the tag ${tag}, which has no effect here` : `has the unknown tag ${tag}`;
  return { subject, what: `${what}: ignored`, hint: 'remove the tag if no other program reads it' };
}

/** An unknown key is a problem. In a Compose file it may belong to a newer Compose, unless it resembles one of Drover's `own` keys. */
export function unknownKey(
  subject: string,
  key: string,
  { own, isOfCompose }: { readonly own: readonly string[]; readonly isOfCompose: boolean },
): Findings {
  if (isOfCompose && nearestWord(key, own) === null) return { problems: [], notes: [unknownToDrover(subject)] };
  return { problems: [{ subject, ...unknownKeyFault(key, own) }], notes: [] };
}

/** A key of a Compose file that is neither in Drover's list nor like one of its own. */
export function unknownToDrover(subject: string): Problem {
  return { subject, what: 'is not known to Drover: ignored', hint: 'no action needed if Compose accepts it' };
}
