import type { z } from 'zod';
import {
  type ExactMap,
  membersOf,
  type Problem,
  type SchemaFault,
  type ServiceDeclaration,
  schemaFaults,
  unknownKeyFault,
} from '../../model/index.ts';
import { type Attached, METADATA_FILE, readAttached } from './attached.ts';
import { convertService } from './convert.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { knownKeys, readerOf } from './keys.ts';
import { isMap, layOut, type ServicePart } from './layout.ts';
import { documentKey, type ManifestFile, type ManifestOptions, type Manifests } from './manifest.ts';
import { labelsSchema, nestedKeys, serviceSchema } from './service-schema.ts';

/** Parses one file of declarations; see `parseManifests`. */
export function parseManifest(text: string, path: string, options: ManifestOptions = {}): Manifests {
  return parseManifests([{ path, text }], options);
}

/**
 * Parses files that belong together, such as a docker-compose.yml and its rancher-compose.yml. Services with the same stack and name
 * are merged: the later file wins key by key (labels and metadata are merged, too). A fault is a problem and affects nothing else.
 * Never throws.
 */
export function parseManifests(files: readonly ManifestFile[], options: ManifestOptions = {}): Manifests {
  const layouts = files.map((file) => layOut(file, options));
  const services = [...groupParts(layouts.flatMap(({ parts }) => parts)).values()].map((parts) =>
    readService(parts, options.variables ?? {}),
  );
  const declared = new Map(services.flatMap(({ declaration: one }) => (one ? [[documentKey(one), one]] : [])));
  const problems = [...layouts, ...services].flatMap((part) => part.problems);
  return {
    declarations: [...declared].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, declaration]) => declaration),
    ignored: ignoredNotes([...layouts, ...services].flatMap(({ ignoredKeys }) => ignoredKeys)),
    problems,
    complete: problems.length === 0,
  };
}

interface IgnoredKey {
  readonly subject: string;
  readonly file: string;
  readonly key: string;
}

interface ReadService {
  readonly declaration: ServiceDeclaration | null;
  readonly problems: readonly Problem[];
  readonly ignoredKeys: readonly IgnoredKey[];
}

/** A key's value and its place. */
interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly part: ServicePart;
  /** Path of `value` below the service: `['x-drover', 'dns']`. */
  readonly path: readonly string[];
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

function readService(parts: readonly ServicePart[], variables: Variables): ReadService {
  const problems: Problem[] = parts.filter(({ keys }) => keys !== null && !isMap(keys)).map(notAMap);
  const entries = parts.flatMap(entriesOf);
  const otherSpelling = parts.find(({ name }) => name !== parts[0]?.name);
  if (otherSpelling) problems.push(twoSpellings(otherSpelling, parts[0]?.name ?? ''));
  const used = entries.filter((entry) => isUsed(entry));
  problems.push(...entries.flatMap(unknownKeyProblem));
  const interpolated = used.flatMap((entry) => {
    const result = entry.part.form === 'compose' ? interpolate(entry.value, variables) : null;
    if (result === null) return [entry];
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
  const ignoredKeys = entries.filter((entry) => !isUsed(entry) && readerOf(entry.key) !== null).map(asIgnored);
  const hasBuild = entries.some(({ key }) => key === 'build');
  // Metadata in the manifest itself overrides metadata in a file.
  const all = [...attached, ...interpolated.filter((entry) => !isAttached(entry))];
  return checkService(parts, { entries: all, hasBuild }, problems, ignoredKeys);
}

function checkService(
  parts: readonly ServicePart[],
  { entries, hasBuild }: { readonly entries: readonly Entry[]; readonly hasBuild: boolean },
  problems: readonly Problem[],
  ignoredKeys: readonly IgnoredKey[],
): ReadService {
  const [first] = parts;
  if (!first) return { declaration: null, problems, ignoredKeys };
  const latest = new Map(entries.map((entry) => [entry.key, entry]));
  const toProblem = ({ path, what, hint }: SchemaFault): Problem => {
    const entry = latest.get(String(path[0]));
    const subject = entry ? entry.part.subjectOf([...entry.path, ...path.slice(1)]) : first.subjectOf(path);
    return { subject, what, hint };
  };
  const { values, faults } = mergeEntries(entries);
  const parsed = serviceSchema.safeParse(values);
  const schemaProblems = [...faults, ...(parsed.success ? [] : faultsOf(parsed.error, []))].map(toProblem);
  if (!parsed.success) return { declaration: null, problems: [...problems, ...schemaProblems], ignoredKeys };
  const converted = convertService({ stack: first.stack, name: first.name, keys: parsed.data, hasBuild });
  const all = [...problems, ...schemaProblems, ...converted.faults.map(toProblem)];
  const alsoIgnored = converted.ignored.flatMap((key) => latest.get(key) ?? []).map(asIgnored);
  return {
    declaration: all.length === 0 ? converted.declaration : null,
    problems: all,
    ignoredKeys: [...ignoredKeys, ...alsoIgnored],
  };
}

function entriesOf(part: ServicePart): readonly Entry[] {
  if (!isMap(part.keys)) return [];
  const own = Object.entries(part.keys).flatMap(([key, value]) =>
    key === 'x-drover' ? [] : [{ key, value, part, path: [key] }],
  );
  const drover = part.keys['x-drover'];
  if (drover === undefined || drover === null) return own;
  if (!isMap(drover)) return [...own, { key: 'x-drover', value: drover, part, path: ['x-drover'] }];
  const ours = Object.entries(drover).map(([key, value]) => ({ key, value, part, path: ['x-drover', key] }));
  return [...own, ...ours];
}

/** `dns` in plain Compose is the container's list of resolvers; only native keys and `x-drover` mean Drover's option. */
function isUsed({ key, value, part, path }: Entry): boolean {
  if (readerOf(key) !== 'drover') return false;
  return key !== 'dns' || part.form === 'drover' || path.length > 1 || isMap(value);
}

function asIgnored({ key, part, path }: Entry): IgnoredKey {
  return { subject: part.subjectOf(path), file: part.file, key };
}

function isAttached({ key, value }: Entry): boolean {
  return key === METADATA_FILE && typeof value === 'string';
}

function attachedMetadata({ value, part, path }: Entry): Attached {
  const name = String(value);
  const text = Object.hasOwn(part.attached, name) ? part.attached[name] : undefined;
  if (text !== undefined) return readAttached(text, name);
  const hint = "correct the path: it is relative to the manifest's folder";
  return { ok: false, problems: [{ subject: part.subjectOf(path), what: `(${name}) cannot be read`, hint }] };
}

/** The last value of each key; labels and metadata are merged. */
function mergeEntries(entries: readonly Entry[]): {
  readonly values: Record<string, unknown>;
  readonly faults: readonly SchemaFault[];
} {
  const values: Record<string, unknown> = {};
  const faults: SchemaFault[] = [];
  for (const { key, value } of entries) {
    const before = values[key];
    if (key === 'labels' && value !== null) {
      const labels = labelsSchema.safeParse(value);
      if (labels.success) values[key] = { ...(before ?? {}), ...labels.data };
      else faults.push(...faultsOf(labels.error, [key]));
    } else values[key] = key === 'metadata' && isTree(before) && isTree(value) ? mergeMaps(before, value) : value;
  }
  return { values, faults };
}

type Tree = Parameters<typeof membersOf>[0];

function isTree(value: unknown): value is Tree {
  return isMap(value);
}

function mergeMaps(before: Tree, value: Tree): ExactMap {
  return new Map([...membersOf(before), ...membersOf(value)]);
}

function faultsOf(error: z.ZodError, path: readonly string[]): readonly SchemaFault[] {
  return schemaFaults(error, nestedKeys).map((fault) => ({ ...fault, path: [...path, ...fault.path] }));
}

function unknownKeyProblem({ key, part, path }: Entry): readonly Problem[] {
  if (key === 'x-drover') return [notAMap(part)];
  if (readerOf(key) !== null || (key.startsWith('x-') && path.length === 1)) return [];
  return [{ subject: part.subjectOf(path), ...unknownKeyFault(key, knownKeys()) }];
}

function notAMap(part: ServicePart): Problem {
  const hint = 'write its keys below it, indented by two more spaces';
  return { subject: part.subjectOf([]), what: 'is not a map of keys and values', hint };
}

function twoSpellings(part: ServicePart, name: string): Problem {
  const what = `is written ${JSON.stringify(part.name)} here and ${JSON.stringify(name)} elsewhere`;
  return { subject: part.subjectOf([]), what, hint: 'write the name in the same way: DNS ignores case' };
}

/** One note per file and key, for any number of services. */
function ignoredNotes(keys: readonly IgnoredKey[]): readonly Problem[] {
  const groups = new Map<string, IgnoredKey[]>();
  for (const key of keys) {
    const id = `${key.file} ${key.key}`;
    groups.set(id, [...(groups.get(id) ?? []), key]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const more = group.length > 1 ? ` (and ${group.length - 1} more)` : '';
    return {
      subject: `${first?.subject}${more}`,
      what: `is for ${readerText(first?.key ?? '')}: ignored`,
      hint: 'no action needed',
    };
  });
}

/** A key that Drover ignores here may be read by the container runtime. */
function readerText(key: string): string {
  const reader = readerOf(key);
  if (reader === null) return 'other programs';
  return reader === 'scheduler' ? 'a scheduler' : 'the container runtime';
}
