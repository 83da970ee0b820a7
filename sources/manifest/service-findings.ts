import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../../model/index.ts';
import type { YamlPath } from '../../system/yaml/index.ts';
import type { Entry } from './files/entries.ts';
import { ownKeys, readerOf } from './files/keys.ts';
import type { ServicePart } from './files/layout.ts';
import { CLEARING, type Findings, joinFindings, remarkFindings, startsWith, unknownKey } from './files/remarks.ts';
import { isMap } from './files/values.ts';

export interface ServiceParts {
  /** The parts of the service itself. */
  readonly own: readonly ServicePart[];
  /** All parts, with those of the services that it extends. */
  readonly parts: readonly ServicePart[];
  /** The keys of all parts. */
  readonly entries: readonly Entry[];
  /** Those that Drover reads. */
  readonly used: readonly Entry[];
}

/** What is wrong or odd about a service, apart from the values of its keys. Services that it extends have notes of their own. */
export function serviceFindings({ own, parts, entries, used }: ServiceParts): Findings {
  const findings = [
    ...entries.map((entry) => ({ part: entry.part, ...entryFindings(entry) })),
    ...parts.map((part) => ({ part, ...partFindings(part, used) })),
  ];
  const { problems } = joinFindings(findings);
  const { notes } = joinFindings(findings.filter(({ part }) => own.includes(part)));
  const notMaps = parts.filter(({ keys }) => keys !== null && !isMap(keys)).map(notAMap);
  return { problems: [...notMaps, ...includedTwice(own), ...twoSpellings(own), ...problems], notes };
}

function entryFindings({ key, part, path }: Entry): Findings {
  if (key === 'x-drover') return { problems: [notAMap(part)], notes: [] };
  if (readerOf(key) !== null || (key.startsWith('x-') && path.length === 1)) return { problems: [], notes: [] };
  const isOfCompose = part.form === 'compose' && path.length === 1;
  return unknownKey(part.subjectOf(path), key, { own: ownKeys(), isOfCompose });
}

/** Repeated keys and tags. */
function partFindings(part: ServicePart, used: readonly Entry[]): Findings {
  const read = used.filter((entry) => entry.part === part);
  return remarkFindings(part.remarks, {
    isRead: (path: YamlPath) => path.length === 0 || read.some((entry) => startsWith(path, entry.path)),
    isKnownTag: (tag) => part.form === 'compose' && CLEARING.has(tag),
    subjectOf: part.subjectOf,
  });
}

function notAMap(part: ServicePart): Problem {
  const hint = 'write its keys below it, indented by two more spaces';
  return { subject: part.subjectOf([]), what: 'is not a map of keys and values', hint };
}

/** A file must not repeat a service that it includes; files given after it may change the service. */
function includedTwice(parts: readonly ServicePart[]): readonly Problem[] {
  return parts.flatMap((part) => {
    const includer = parts.find(({ file }) => file === part.context.includedBy);
    if (!includer || isDeepStrictEqual(includer.keys, part.keys)) return [];
    const hint = `change it in a file given after ${includer.file}, or rename one of them`;
    return [{ subject: includer.subjectOf([]), what: `is also in ${part.file}, which is included`, hint }];
  });
}

function twoSpellings(parts: readonly ServicePart[]): readonly Problem[] {
  const name = parts[0]?.name;
  const other = parts.find((part) => part.name !== name);
  if (!other) return [];
  const what = `is written ${JSON.stringify(other.name)} here and ${JSON.stringify(name)} elsewhere`;
  return [{ subject: other.subjectOf([]), what, hint: 'write the name in the same way: DNS ignores case' }];
}
