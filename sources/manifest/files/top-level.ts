import type { YamlPath } from '../../../system/yaml/index.ts';
import { IGNORED_TOP_KEYS } from './keys.ts';
import { RANCHER_SECTIONS } from './rancher-files.ts';
import { type Findings, joinFindings, type Remarks, remarkFindings, startsWith, unknownKey } from './remarks.ts';
import { isMap, type Values } from './values.ts';

const OWN_KEYS = ['services', 'stack', 'name', 'include', 'x-drover'];
const KNOWN_KEYS: ReadonlySet<string> = new Set([...OWN_KEYS, ...RANCHER_SECTIONS, ...IGNORED_TOP_KEYS]);
/** The keys of `x-drover` at the top. */
const EXTENSION_KEYS = ['stack', 'services'];

/** What is wrong or odd about the keys at the top of a file. */
export function topFindings(
  top: Values,
  { isV1, form }: { readonly isV1: boolean; readonly form: 'compose' | 'drover' },
  subjectOf: (path: YamlPath) => string,
): Findings {
  const unknown = isV1 ? [] : Object.keys(top).filter((key) => !KNOWN_KEYS.has(key) && !key.startsWith('x-'));
  const isOfCompose = form === 'compose';
  return joinFindings([
    extensionFindings(top['x-drover'], subjectOf),
    ...unknown.map((key) => unknownKey(subjectOf([key]), key, { own: OWN_KEYS, isOfCompose })),
  ]);
}

function extensionFindings(extension: unknown, subjectOf: (path: YamlPath) => string): Findings {
  if (extension === undefined) return joinFindings([]);
  if (!isMap(extension)) {
    const hint = `give it the keys ${EXTENSION_KEYS.join(', ')}`;
    return { problems: [{ subject: subjectOf(['x-drover']), what: 'is not a map', hint }], notes: [] };
  }
  const unknown = Object.keys(extension).filter((key) => !EXTENSION_KEYS.includes(key));
  return joinFindings(
    unknown.map((key) => unknownKey(subjectOf(['x-drover', key]), key, { own: EXTENSION_KEYS, isOfCompose: false })),
  );
}

/** Repeated keys and tags outside of services. */
export function topRemarks(
  { repeated, tags }: Remarks,
  services: readonly YamlPath[],
  subjectOf: (path: YamlPath) => string,
): Findings {
  const isOutside = ({ path }: { readonly path: YamlPath }) => !services.some((at) => startsWith(path, at));
  const isRead = ([key, below, ...more]: YamlPath) =>
    key === 'x-drover' ? more.length === 0 && below !== undefined : below === undefined && READ_AT_TOP.has(String(key));
  const outside = { repeated: repeated.filter(isOutside), tags: tags.filter(isOutside) };
  return remarkFindings(outside, { isRead, isKnownTag: () => false, subjectOf });
}

const READ_AT_TOP: ReadonlySet<string> = new Set(['services', 'stack', 'name', 'include', ...RANCHER_SECTIONS]);
