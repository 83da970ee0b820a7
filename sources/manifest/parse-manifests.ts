import { isDeepStrictEqual } from 'node:util';
import {
  nearestWord,
  ok,
  type Problem,
  type Result,
  type SchemaFault,
  type ServiceDeclaration,
  unknownKeyFault,
} from '../../model/index.ts';
import type { YamlPath } from '../../system/yaml/index.ts';
import { checkKeys } from './check-keys.ts';
import { convertService } from './convert.ts';
import { type Attached, METADATA_FILE, readAttached } from './files/attached.ts';
import { type Entry, entriesOf, isUsed, runsContainers } from './files/entries.ts';
import { withBases } from './files/extends.ts';
import { interpolate } from './files/interpolate.ts';
import { ownKeys, readerOf } from './files/keys.ts';
import type { ServicePart } from './files/layout.ts';
import { documentKey, type ManifestFile, type ManifestOptions, type Manifests } from './files/manifest.ts';
import { mergeEntries } from './files/merge.ts';
import { asIgnored, type IgnoredKey, ignoredNotes, unsetNotes } from './files/notes.ts';
import { layOutProject, type Project } from './files/project.ts';
import { CLEARING, repetition, startsWith, unknownTag, unknownToDrover } from './files/remarks.ts';
import { mayConcern } from './files/unread.ts';
import { isMap } from './files/values.ts';

/** Parses one file of declarations; see `parseManifests`. */
export function parseManifest(text: string, path: string, options: ManifestOptions = {}): Manifests {
  return parseManifests([{ path, text }], options);
}

/**
 * Parses files that belong together, such as a docker-compose.yml and its rancher-compose.yml. Services with the same stack and name
 * are merged: the later file wins key by key (labels and metadata are merged, too). A fault is a problem and affects nothing else,
 * but services that an unreadable document may have spoken of are not declared. Never throws.
 */
export function parseManifests(files: readonly ManifestFile[], options: ManifestOptions = {}): Manifests {
  return parseProject(layOutProject(files, options));
}

/** For each file, the files that it refers to and that are not attached, by their path from its folder. Never throws. */
export function wantedFiles(files: readonly ManifestFile[], options: ManifestOptions): readonly ReadonlySet<string>[] {
  const project = layOutProject(files, options);
  parseProject(project);
  return project.wanted;
}

function parseProject({ layouts }: Project): Manifests {
  const unset = new Map<string, string>();
  const groups = groupParts(layouts.flatMap(({ parts }) => parts));
  const unread = layouts.flatMap((layout) => layout.unread);
  const isKnown = (parts: readonly ServicePart[]) => !unread.some((text) => mayConcern(text, parts));
  const known = [...groups.values()].filter(isKnown);
  const services = known.map((parts) =>
    readService(parts, {
      unset,
      isDeclared: (name) => groups.has(documentKey(name)),
    }),
  );
  const declared = new Map(services.flatMap(({ declaration: one }) => (one ? [[documentKey(one), one]] : [])));
  const problems = distinct([...layouts, ...services].flatMap((part) => part.problems));
  return {
    declarations: [...declared].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, declaration]) => declaration),
    ignored: [
      ...ignoredNotes([...layouts, ...services].flatMap(({ ignoredKeys }) => ignoredKeys)),
      ...[...layouts, ...services].flatMap(({ notes }) => notes),
      ...unsetNotes(unset),
    ],
    problems,
    complete: problems.length === 0,
    stacks: [...new Set(layouts.flatMap(({ stacks }) => stacks.map((stack) => stack.toLowerCase())))],
    emptyFiles: layouts.flatMap((layout) => layout.emptyFiles),
  };
}

/** A service that others extend says the same of its keys each time. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((one) => [`${one.subject} ${one.what}`, one])).values()];
}

interface ReadService {
  readonly declaration: ServiceDeclaration | null;
  readonly problems: readonly Problem[];
  readonly ignoredKeys: readonly IgnoredKey[];
  /** What has no effect. */
  readonly notes: readonly Problem[];
}

interface ReadOptions {
  /** Variables without a value, and where they were first used. */
  readonly unset: Map<string, string>;
  readonly isDeclared: (service: { readonly stack: string; readonly name: string }) => boolean;
}

function groupParts(parts: readonly ServicePart[]): ReadonlyMap<string, readonly ServicePart[]> {
  const groups = new Map<string, ServicePart[]>();
  for (const part of parts) {
    const group = groups.get(documentKey(part));
    if (group) group.push(part);
    else groups.set(documentKey(part), [part]);
  }
  return groups;
}

function readService(all: readonly ServicePart[], options: ReadOptions): ReadService {
  const own = all.slice(all.findLastIndex((part) => isTagged(part, '!reset')) + 1);
  own.splice(
    0,
    Math.max(
      0,
      own.findLastIndex((part) => isTagged(part, '!override')),
    ),
  );
  const extended = own.map((part) => withBases(part));
  const parts = extended.flatMap((one) => one.parts);
  const problems: Problem[] = parts.filter(({ keys }) => keys !== null && !isMap(keys)).map(notAMap);
  problems.push(...extended.flatMap((one) => one.problems), ...includedTwice(own));
  const entries = parts.flatMap(entriesOf);
  const otherSpelling = own.find(({ name }) => name !== own[0]?.name);
  if (otherSpelling) problems.push(twoSpellings(otherSpelling, own[0]?.name ?? ''));
  const used = entries.filter((entry) => isUsed(entry, entries) && entry.key !== 'extends');
  problems.push(...[...entries.map(unknownKey), ...parts.map((part) => remarksOf(part, used))].flatMap(problemsOf));
  const ownEntries = entries.filter(({ part }) => own.includes(part));
  const notes = [...ownEntries.map(unknownKey), ...own.map((part) => remarksOf(part, used))].flatMap(notesOf);
  const interpolated = used.flatMap((entry) => {
    const result = interpolateEntry(entry, options);
    if (result.ok) return [{ ...entry, value: result.value }];
    const { what, hint } = result.problem;
    problems.push({ subject: entry.part.subjectOf(entry.path), what, hint });
    return [];
  });
  const attached = interpolated.filter(isAttached).flatMap((entry) => {
    const read = attachedMetadata(entry);
    if (!read.ok) problems.push(...read.problems);
    return read.ok ? [{ ...entry, key: 'metadata', value: read.value }] : [];
  });
  const ignoredKeys = ownEntries
    .filter((entry) => !isUsed(entry, entries) && readerOf(entry.key) !== null)
    .map(asIgnored);
  const hasContainers = entries.some((entry) => entry.key !== 'image' && runsContainers(entry));
  // Metadata in the manifest itself overrides metadata in a file.
  const merged = [...attached, ...interpolated.filter((entry) => !isAttached(entry))];
  const { isDeclared } = options;
  return checkService(
    own,
    { entries: merged, runsContainers: hasContainers, isDeclared },
    { problems, ignoredKeys, notes },
  );
}

/** Whether the whole service has a tag that drops what earlier files say. */
function isTagged({ form, remarks }: ServicePart, name: string): boolean {
  return form === 'compose' && remarks.tags.some(({ path, tag }) => path.length === 0 && tag === name);
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

function interpolateEntry({ part, path, value }: Entry, { unset }: ReadOptions): Result<unknown> {
  if (part.form !== 'compose') return ok(value);
  const onUnset = (name: string) => {
    if (!unset.has(name)) unset.set(name, part.subjectOf(path));
  };
  return interpolate(value, { variables: part.context.variables, onUnset });
}

interface CheckedEntries extends Pick<ReadOptions, 'isDeclared'> {
  readonly entries: readonly Entry[];
  readonly runsContainers: boolean;
}

function checkService(
  parts: readonly ServicePart[],
  { entries, runsContainers: hasContainers, isDeclared }: CheckedEntries,
  { problems, ignoredKeys, notes }: Omit<ReadService, 'declaration'>,
): ReadService {
  const [first] = parts;
  if (!first) return { declaration: null, problems, ignoredKeys, notes };
  const latest = new Map(entries.map((entry) => [entry.key, entry]));
  const toProblem = ({ path, what, hint }: SchemaFault): Problem => {
    const entry = latest.get(String(path[0]));
    const subject = entry ? entry.part.subjectOf([...entry.path, ...path.slice(1)]) : first.subjectOf(path);
    return { subject, what, hint };
  };
  const isOfCompose = (key: string) => latest.get(key)?.part.form === 'compose' && latest.get(key)?.path.length === 1;
  const checked = checkKeys(mergeEntries(entries), isOfCompose);
  if (!checked.ok) {
    return { declaration: null, problems: [...problems, ...checked.faults.map(toProblem)], ignoredKeys, notes };
  }
  const unknown = checked.unknown.map((path) => unknownToDrover(toProblem({ path, what: '', hint: '' }).subject));
  const { stack, name } = first;
  const converted = convertService({
    stack,
    name,
    keys: checked.keys,
    runsContainers: hasContainers,
    isDeclared: (other) => isDeclared({ stack, name: other }),
  });
  const all = [...problems, ...converted.faults.map(toProblem)];
  const alsoIgnored = converted.ignored.flatMap((key) => latest.get(key) ?? []).map(asIgnored);
  return {
    declaration: all.length === 0 ? converted.declaration : null,
    problems: all,
    ignoredKeys: [...ignoredKeys, ...alsoIgnored],
    notes: [...notes, ...unknown, ...converted.notes.map(toProblem)],
  };
}

function isAttached({ key, value }: Entry): boolean {
  return key === METADATA_FILE && typeof value === 'string';
}

function attachedMetadata({ value, part, path }: Entry): Attached {
  const name = String(value);
  const source = part.folder.open(name);
  if (source) return readAttached(source.text, source.path);
  const hint = "correct the path: it is relative to the manifest's folder";
  return { ok: false, problems: [{ subject: part.subjectOf(path), what: `(${name}) cannot be read`, hint }] };
}

interface Findings {
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

const problemsOf = ({ problems }: Findings) => problems;
const notesOf = ({ notes }: Findings) => notes;

/** In a Compose file an unknown key is one of a newer Compose, unless it resembles one of Drover. */
function unknownKey({ key, part, path }: Entry): Findings {
  if (key === 'x-drover') return { problems: [notAMap(part)], notes: [] };
  if (readerOf(key) !== null || (key.startsWith('x-') && path.length === 1)) return { problems: [], notes: [] };
  const subject = part.subjectOf(path);
  const isNew = part.form === 'compose' && path.length === 1 && nearestWord(key, ownKeys()) === null;
  if (isNew) return { problems: [], notes: [unknownToDrover(subject)] };
  return { problems: [{ subject, ...unknownKeyFault(key, ownKeys()) }], notes: [] };
}

/** Repeated keys and tags of a service. */
function remarksOf(part: ServicePart, used: readonly Entry[]): Findings {
  const isRead = (path: YamlPath) =>
    path.length === 0 || used.some((entry) => entry.part === part && startsWith(path, entry.path));
  const { repeated, tags } = part.remarks;
  const isProblem = ({ path, differs }: (typeof repeated)[number]) => differs && isRead(path);
  const known = (tag: string) => part.form === 'compose' && CLEARING.has(tag);
  return {
    problems: repeated.filter(isProblem).map(({ path }) => repetition(part.subjectOf(path), true)),
    notes: [
      ...repeated.filter((one) => !isProblem(one)).map(({ path }) => repetition(part.subjectOf(path), false)),
      ...tags.filter(({ tag }) => !known(tag)).map(({ path, tag }) => unknownTag(part.subjectOf(path), tag)),
    ],
  };
}

function notAMap(part: ServicePart): Problem {
  const hint = 'write its keys below it, indented by two more spaces';
  return { subject: part.subjectOf([]), what: 'is not a map of keys and values', hint };
}

function twoSpellings(part: ServicePart, name: string): Problem {
  const what = `is written ${JSON.stringify(part.name)} here and ${JSON.stringify(name)} elsewhere`;
  return { subject: part.subjectOf([]), what, hint: 'write the name in the same way: DNS ignores case' };
}
