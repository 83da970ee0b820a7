import type { Problem } from '../../../model/index.ts';
import type { YamlDocument, YamlFault } from '../../../system/yaml/index.ts';
import type { Variables } from './interpolate.ts';
import { IGNORED_TOP_KEYS } from './keys.ts';
import { type HostnameMeaning, hostnameMeaning, rancherSections } from './rancher-files.ts';
import { joinFindings, type Remarks, remarksBelow } from './remarks.ts';
import type { Folder, ManifestSource } from './source.ts';
import { topFindings, topRemarks } from './top-level.ts';
import type { UnreadText } from './unread.ts';
import { isMap, type Values } from './values.ts';

type Path = readonly (string | number)[];

/** The part of one document about one service. */
export interface ServicePart {
  readonly stack: string;
  readonly name: string;
  readonly keys: unknown;
  /** `compose`: the container runtime reads the same keys, and variables are replaced. `drover`: only Drover reads it. */
  readonly form: 'compose' | 'drover';
  /** Whether its document names its stack with `stack:`. */
  readonly isNative: boolean;
  /** What its key `hostname` means. */
  readonly hostname: HostnameMeaning;
  readonly file: string;
  /** The folder of the file. */
  readonly folder: Folder;
  readonly isV1: boolean;
  readonly context: LayoutContext;
  readonly remarks: Remarks;
  /** Another service of the same file. */
  sibling(name: string): ServicePart | null;
  /** `shop.yml:12 services.web.health_check` for a path below the service. */
  subjectOf(path: Path): string;
}

/** What the files of a project share. */
export interface LayoutContext {
  /** The stack of services that do not name one themselves. */
  readonly stack: string | null;
  readonly variables: Variables;
  /** The folder of the first file, from which Compose takes the paths in all files. */
  readonly project: Folder;
  /** The file that includes these files. */
  readonly includedBy: string | null;
}

/** A key that other programs read. */
export interface IgnoredKey {
  readonly subject: string;
  readonly file: string;
  readonly key: string;
}

/** An entry under `include` of a Compose file. */
export interface Include {
  readonly value: unknown;
  readonly subject: string;
  readonly file: string;
  readonly context: LayoutContext;
}

/** A file split into services, whose content is not validated yet. */
export interface Layout {
  readonly parts: readonly ServicePart[];
  readonly problems: readonly Problem[];
  readonly ignoredKeys: readonly IgnoredKey[];
  /** What is odd, but changes nothing that Drover reads. */
  readonly notes: readonly Problem[];
  /** Stacks of the documents that list services. */
  readonly stacks: readonly string[];
  /** Documents with a problem: they may describe services that `parts` does not have. */
  readonly unread: readonly UnreadText[];
  readonly includes: readonly Include[];
  /** The file, if it has no text at all. Comments alone are a text: they say that nothing is declared. */
  readonly emptyFiles: readonly string[];
}

/** Splits a file: any number of documents, each v1 (services at the top), v2 and later (`services:`), or native (`stack:`). */
export function layOut(source: ManifestSource, context: LayoutContext): Layout {
  const { path, text, fault } = source;
  if (fault) return { ...failed([{ subject: path, ...fault }]), parts: [], unread: [null], emptyFiles: [] };
  const documents = source.documents();
  const layouts = documents.map(({ document }) => layOutDocument(document, source, context));
  const parts = layouts.flatMap((layout) =>
    layout.parts.map((part) => ({ ...part, sibling: (name: string) => composePart(parts, name) })),
  );
  return {
    parts,
    problems: layouts.flatMap(({ problems }) => problems),
    ignoredKeys: layouts.flatMap(({ ignoredKeys }) => ignoredKeys),
    notes: layouts.flatMap(({ notes }) => notes),
    stacks: layouts.flatMap(({ stacks }) => stacks),
    unread: documents.flatMap((document, index) => (layouts[index]?.problems.length === 0 ? [] : [document.text])),
    includes: layouts.flatMap(({ includes }) => includes),
    emptyFiles: text.trim() === '' ? [path] : [],
  };
}

/** The part of a service in a Compose file. */
export function composePart(parts: readonly ServicePart[], name: string): ServicePart | null {
  return parts.find((part) => part.name === name && part.form === 'compose') ?? null;
}

type ReadDocument = Extract<YamlDocument, { ok: true }>;

/** A part before the other parts of its file are known. */
type LonePart = Omit<ServicePart, 'sibling'>;

interface DocumentLayout extends Omit<Layout, 'parts' | 'unread' | 'emptyFiles'> {
  readonly parts: readonly LonePart[];
}

function layOutDocument(document: YamlDocument, from: ManifestSource, context: LayoutContext): DocumentLayout {
  if (!document.ok) {
    const faults = withoutTemplateFaults(document.faults, from.text);
    return failed(faults.map(({ line, what, hint }) => ({ subject: `${from.path}:${line}`, what, hint })));
  }
  const { value } = document;
  if (value === null) return failed([]);
  if (!isMap(value)) {
    const subject = `${from.path}:${document.lineOf([])}`;
    return failed([
      { subject, what: 'is not a map of keys and values', hint: 'write `services:` with one key a service' },
    ]);
  }
  return layOutMap(document, value, from, context);
}

function layOutMap(document: ReadDocument, top: Values, from: ManifestSource, context: LayoutContext): DocumentLayout {
  const { path: file, folder } = from;
  const subjectOf = (path: Path): string => `${file}:${document.lineOf(path)} ${path.join('.')}`.trimEnd();
  const isV1 = isVersion1(top);
  const drover = isMap(top['x-drover']) ? top['x-drover'] : {};
  const stack = asText(top.stack) ?? asText(drover.stack) ?? context.stack;
  const form: ServicePart['form'] = 'stack' in top ? 'drover' : 'compose';
  const listed = isV1 ? servicesOfV1(top) : withoutCatalog(top.services);
  const meaning = hostnameMeaning(file, listed);
  const groups: readonly Group[] = [
    { at: isV1 ? [] : ['services'], services: listed, form },
    ...(isV1 ? [] : rancherSections(top)).map((section) => ({ ...section, form })),
    { at: ['x-drover', 'services'], services: drover.services, form: 'drover' },
  ];
  const ignored = Object.keys(top)
    .filter((key) => IGNORED_TOP_KEYS.has(key) && key !== 'version' && !(isV1 && isServiceOfV1(key, top[key])))
    .map((key) => [key]);
  if (!isV1 && isMap(top.services) && CATALOG in top.services) ignored.push(['services', CATALOG]);
  const ignoredKeys = ignored.map((path) => ({ subject: subjectOf(path), file, key: path.at(-1) ?? '' }));
  const notMaps = groups.filter(({ services }) => !isMap(services ?? {}) || (isV1 && holdsOnlyText(services)));
  if (notMaps.length > 0) {
    return failed(
      notMaps.map(({ at }) => ({
        subject: subjectOf(at),
        what: 'is not a map of services',
        hint: 'write one key a service',
      })),
    );
  }
  const named = groups.flatMap(({ at, services, form: groupForm }) =>
    Object.entries((services ?? {}) as Values).map(([name, keys]) => ({
      path: [...at, name],
      name,
      keys,
      form: groupForm,
      isNative: 'stack' in top,
      hostname: groupForm === 'drover' ? 'external' : meaning,
    })),
  );
  const paths = named.map(({ path }) => path);
  const { problems, notes } = joinFindings([
    topFindings(top, { isV1, form }, subjectOf),
    topRemarks(document, paths, subjectOf),
  ]);
  if (stack === null && named.length > 0) {
    const hint = 'add `stack: NAME` at the top, or name it with -p NAME';
    return failed([...problems, { subject: subjectOf([]), what: 'does not say which stack it declares', hint }]);
  }
  const parts = named.map(({ path, ...part }) => ({
    ...part,
    stack: stack ?? '',
    file,
    folder,
    isV1,
    context,
    remarks: remarksBelow(document, path),
    subjectOf: (below: Path) => subjectOf([...path, ...below]),
  }));
  const listsServices = groups.some(({ services }) => isMap(services));
  const listOfIncludes: readonly unknown[] = Array.isArray(top.include) ? top.include : [];
  const includes = form === 'compose' ? listOfIncludes : [];
  return {
    parts,
    problems,
    ignoredKeys,
    notes,
    stacks: stack !== null && listsServices ? [stack] : [],
    includes: includes.map((value, index) => ({ value, subject: subjectOf(['include', index]), file, context })),
  };
}

interface Group {
  readonly at: readonly string[];
  readonly services: unknown;
  readonly form: ServicePart['form'];
}

/** The key of the catalog entry in a rancher-compose.yml: at the top, or in version 2 also among the services. */
const CATALOG = '.catalog';

/** Such as a page of a web server: `404: Not Found`. */
function holdsOnlyText(services: unknown): boolean {
  const values = isMap(services) ? Object.values(services) : [];
  return values.length > 0 && values.every((value) => value !== null && typeof value !== 'object');
}

function withoutCatalog(services: unknown): unknown {
  if (!isMap(services)) return services;
  return Object.fromEntries(Object.entries(services).filter(([name]) => name !== CATALOG));
}

/** Whether the services stand at the top of a file. */
export function isVersion1(top: Values): boolean {
  const isOther = 'services' in top || 'stack' in top || Array.isArray(top.include);
  return !isOther && (top.version === undefined || isMap(top.version));
}

function isServiceOfV1(key: string, value: unknown): boolean {
  return !key.startsWith('x-') && !key.startsWith('.') && isMap(value);
}

/** In a v1 file all keys at the top except extensions are services; `version: "1"` is not a map and not a service. */
function servicesOfV1(top: Values): Values {
  return Object.fromEntries(
    Object.entries(top).filter(([key]) => !key.startsWith('x-') && !key.startsWith('.') && key !== 'name'),
  );
}

/** Rancher 1.6 makes Compose files of templates. All faults of one have the same cause: its first `{{`. */
function withoutTemplateFaults(faults: readonly YamlFault[], text: string): readonly YamlFault[] {
  const [first] = faults;
  if (!first || !text.split('\n')[first.line - 1]?.includes('{{')) return faults;
  return [{ ...first, hint: 'apply the file that was made of this template: {{ is not YAML' }];
}

function failed(problems: readonly Problem[]): DocumentLayout {
  return { parts: [], problems, ignoredKeys: [], notes: [], stacks: [], includes: [] };
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
