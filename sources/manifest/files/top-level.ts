import { nearestWord, type Problem, unknownKeyFault } from '../../../model/index.ts';
import type { YamlPath } from '../../../system/yaml/index.ts';
import { IGNORED_TOP_KEYS } from './keys.ts';
import { RANCHER_SECTIONS } from './rancher-files.ts';
import { type Remarks, repetition, startsWith, unknownTag, unknownToDrover } from './remarks.ts';
import { isMap, type Values } from './values.ts';

/** What is wrong or odd at the top of a file. */
interface TopFindings {
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

/** Keys at the top that nobody knows. In a Compose file they are those of a newer Compose, unless they resemble one of Drover. */
export function topProblems(
  top: Values,
  { isV1, form }: { readonly isV1: boolean; readonly form: 'compose' | 'drover' },
  subjectOf: (path: YamlPath) => string,
): TopFindings {
  const ours = ['services', 'stack', 'name', 'include', 'x-drover'];
  const known = new Set([...ours, ...RANCHER_SECTIONS, ...IGNORED_TOP_KEYS]);
  const unknown = isV1 ? [] : Object.keys(top).filter((key) => !known.has(key) && !key.startsWith('x-'));
  const isNote = (key: string) => form === 'compose' && nearestWord(key, ours) === null;
  const drover = isMap(top['x-drover']) ? Object.keys(top['x-drover']) : [];
  const own = ['stack', 'services'];
  const notMap = 'x-drover' in top && !isMap(top['x-drover']);
  return {
    problems: [
      ...(notMap
        ? [{ subject: subjectOf(['x-drover']), what: 'is not a map', hint: `give it the keys ${own.join(', ')}` }]
        : []),
      ...unknown
        .filter((key) => !isNote(key))
        .map((key) => ({ subject: subjectOf([key]), ...unknownKeyFault(key, ours) })),
      ...drover
        .filter((key) => !own.includes(key))
        .map((key) => ({ subject: subjectOf(['x-drover', key]), ...unknownKeyFault(key, own) })),
    ],
    notes: unknown.filter(isNote).map((key) => unknownToDrover(subjectOf([key]))),
  };
}

/** Repeated keys and tags outside of services. */
export function topRemarks(document: Remarks, services: readonly YamlPath[], file: string): TopFindings {
  const isOutside = (path: YamlPath) => !services.some((at) => startsWith(path, at));
  const subjectOf = ({ path, line }: { readonly path: YamlPath; readonly line: number }) =>
    `${file}:${line} ${path.join('.')}`;
  const isRead = ([key, below, ...more]: YamlPath) =>
    key === 'x-drover' ? more.length === 0 && below !== undefined : below === undefined && READ_AT_TOP.has(String(key));
  const repeated = document.repeated.filter(({ path }) => isOutside(path));
  const isProblem = (one: (typeof repeated)[number]) => one.differs && isRead(one.path);
  return {
    problems: repeated.filter(isProblem).map((one) => repetition(subjectOf(one), true)),
    notes: [
      ...repeated.filter((one) => !isProblem(one)).map((one) => repetition(subjectOf(one), false)),
      ...document.tags.filter(({ path }) => isOutside(path)).map((one) => unknownTag(subjectOf(one), one.tag)),
    ],
  };
}

const READ_AT_TOP: ReadonlySet<string> = new Set(['services', 'stack', 'name', 'include', ...RANCHER_SECTIONS]);
