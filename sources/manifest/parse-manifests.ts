import { ok, type Problem, type Result, type SchemaFault, type ServiceDeclaration } from '../../model/index.ts';
import { checkKeys } from './convert/check-keys.ts';
import { convertService } from './convert/convert.ts';
import { type Attached, METADATA_FILE, readAttached } from './files/attached.ts';
import { type Entry, entriesOf, isUsed, runsContainers } from './files/entries.ts';
import { withBases } from './files/extends.ts';
import { interpolate } from './files/interpolate.ts';
import { readerOf } from './files/keys.ts';
import type { IgnoredKey, ServicePart } from './files/layout.ts';
import { documentKey, type ManifestFile, type ManifestOptions, type Manifests } from './files/manifest.ts';
import { mergeEntries } from './files/merge.ts';
import { asIgnored, ignoredNotes, unsetNotes } from './files/notes.ts';
import { layOutProject, type Project } from './files/project.ts';
import { type Findings, unknownToDrover } from './files/remarks.ts';
import { mayConcern } from './files/unread.ts';
import { type WrongRule, wrongRules } from './files/wrong-rules.ts';
import { serviceFindings } from './service-findings.ts';

/** Parses one file of declarations; see `parseManifests`. */
export function parseManifest(text: string, path: string, options: ManifestOptions = {}): Manifests {
  return parseManifests([{ path, text }], options);
}

/**
 * Parses files that belong together, such as a docker-compose.yml and its rancher-compose.yml. Services with the same stack and name
 * are merged: the later file wins key by key (labels and metadata are merged, too). A fault is a problem and affects nothing else,
 * but services that an unreadable document may describe are not declared. Never throws.
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
  const wrong = services.flatMap(({ declaration: one, wrongRules: rules }) =>
    one && rules.length > 0 ? [[documentKey(one), rules] as const] : [],
  );
  return {
    wrongRules: new Map(wrong),
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

interface ReadService extends Findings {
  readonly declaration: ServiceDeclaration | null;
  /** Rules that the declaration does not have. */
  readonly wrongRules: readonly WrongRule[];
  readonly ignoredKeys: readonly IgnoredKey[];
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
  const own = partsInEffect(all);
  const extended = own.map((part) => withBases(part));
  const parts = extended.flatMap((one) => one.parts);
  const entries = parts.flatMap(entriesOf);
  const used = entries.filter((entry) => isUsed(entry, entries) && entry.key !== 'extends');
  const found = serviceFindings({ own, parts, entries, used });
  const problems = [...extended.flatMap((one) => one.problems), ...found.problems];
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
  const ignoredKeys = entries
    .filter((entry) => own.includes(entry.part) && !isUsed(entry, entries) && readerOf(entry.key) !== null)
    .map(asIgnored);
  const hasContainers = entries.some((entry) => entry.key !== 'image' && runsContainers(entry));
  // Metadata in the manifest itself overrides metadata in a file.
  const merged = [...attached, ...interpolated.filter((entry) => !isAttached(entry))];
  const { isDeclared } = options;
  return checkService(
    own,
    { entries: merged, runsContainers: hasContainers, isDeclared },
    { problems, ignoredKeys, notes: found.notes },
  );
}

/** The parts after the last one with `!reset`, and from the last one with `!override`. */
function partsInEffect(all: readonly ServicePart[]): readonly ServicePart[] {
  const last = (tag: string) => all.findLastIndex((part) => isTagged(part, tag));
  return all.slice(Math.max(last('!reset') + 1, last('!override'), 0));
}

/** Whether the whole service has a tag that drops what earlier files say. */
function isTagged({ form, remarks }: ServicePart, name: string): boolean {
  return form === 'compose' && remarks.tags.some(({ path, tag }) => path.length === 0 && tag === name);
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
  { problems, ignoredKeys, notes }: Omit<ReadService, 'declaration' | 'wrongRules'>,
): ReadService {
  const [first] = parts;
  if (!first) return { declaration: null, wrongRules: [], problems, ignoredKeys, notes };
  const latest = new Map(entries.map((entry) => [entry.key, entry]));
  const toProblem = ({ path, what, hint }: SchemaFault): Problem => {
    const entry = latest.get(String(path[0]));
    const subject = entry ? entry.part.subjectOf([...entry.path, ...path.slice(1)]) : first.subjectOf(path);
    return { subject, what, hint };
  };
  const isOfCompose = (key: string) => latest.get(key)?.part.form === 'compose' && latest.get(key)?.path.length === 1;
  const values = mergeEntries(entries);
  const checked = checkKeys(values, isOfCompose);
  if (!checked.ok) {
    const faults = checked.faults.map(toProblem);
    return { declaration: null, wrongRules: [], problems: [...problems, ...faults], ignoredKeys, notes };
  }
  const unknown = checked.unknown.map((path) => unknownToDrover(toProblem({ path, what: '', hint: '' }).subject));
  const { stack, name } = first;
  const converted = convertService({
    stack,
    name,
    keys: checked.keys,
    runsContainers: hasContainers,
    isDeclared: (other) => isDeclared({ stack, name: other }),
    rulePlaces: checked.rulePlaces,
  });
  const all = [...problems, ...converted.faults.map(toProblem)];
  const ruleFaults = [...checked.ruleFaults, ...converted.ruleFaults];
  const alsoIgnored = converted.ignored.flatMap((key) => latest.get(key) ?? []).map(asIgnored);
  return {
    declaration: all.length === 0 ? converted.declaration : null,
    wrongRules: wrongRules(
      values.lb_config,
      ruleFaults.map(({ index }) => index),
    ),
    problems: [...all, ...ruleFaults.map(toProblem)],
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
