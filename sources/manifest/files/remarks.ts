import type { Problem } from '../../../model/index.ts';
import type { YamlDocument, YamlPath } from '../../../system/yaml/index.ts';

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

/** A problem if the values differ and are read, else a note. */
export function repetition(subject: string, isProblem: boolean): Problem {
  const what = isProblem ? 'is there twice, with different values' : 'is there twice: the last one counts';
  return { subject, what, hint: 'remove one of them' };
}

export function unknownTag(subject: string, tag: string): Problem {
  const what = CLEARING.has(tag) ? `has the tag ${tag}, which has no effect here` : `has the unknown tag ${tag}`;
  return { subject, what: `${what}: ignored`, hint: 'remove the tag if no other program reads it' };
}

/** A key of a Compose file that is neither in Drover's list nor like one of its own. */
export function unknownToDrover(subject: string): Problem {
  return { subject, what: 'is not known to Drover: ignored', hint: 'no action needed if Compose accepts it' };
}
