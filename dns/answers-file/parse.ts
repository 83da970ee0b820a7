import { isIP } from 'node:net';
import { type Problem, parseUpstream, plainAddress } from '../../model/index.ts';
import { type Answers, authorityOver, EMPTY_SECTION, NO_ANSWERS, type Section } from './answers.ts';
import { createFaults, type Faults } from './faults.ts';
import { absolute, nameFault } from './names.ts';
import { isRecord, parseRecords } from './records.ts';
import { type Path, readAnswersText } from './text.ts';

export type ParsedAnswers =
  /** Invalid entries are left out and reported as problems. */
  | { readonly ok: true; readonly answers: Answers; readonly problems: readonly Problem[] }
  /** The file cannot be read as a whole. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

const COMMON = 'default';
const KEYS = new Set(['search', 'recurse', 'authoritative', 'authorative', 'a', 'cname', 'ptr', 'txt']);

/** Parses an answers file, YAML or JSON; `file` is its name, for messages. */
export async function parseAnswers(file: string, text: string): Promise<ParsedAnswers> {
  const read = await readAnswersText(file, text);
  if (!read.ok) return read;
  if (read.value === null) return { ok: true, answers: NO_ANSWERS, problems: [] };
  if (!isRecord(read.value)) {
    const hint = 'write a map with the key `default` or the address of an asker';
    return { ok: false, problems: [{ subject: file, what: 'is not an answers file', hint }] };
  }
  const faults = createFaults(file, read.lineOf);
  const answers = toAnswers(read.value, faults);
  return { ok: true, answers, problems: faults.read() };
}

function toAnswers(file: Readonly<Record<string, unknown>>, faults: Faults): Answers {
  const sections = new Map<string, Section>();
  let common = EMPTY_SECTION;
  for (const [key, value] of Object.entries(file)) {
    if (key === COMMON) common = parseSection(value, [key], faults);
    else if (isIP(key) !== 0) sections.set(plainAddress(key), parseSection(value, [key], faults));
    else
      faults.add(
        [key],
        'is neither an IP address nor `default`, so it has no effect',
        'use an IP address or `default`',
      );
  }
  const authoritative = parseAuthoritative(file[COMMON], faults);
  const answers = { sections, common, authoritative, between: new Set<string>() };
  return { ...answers, between: namesBetween(answers) };
}

function parseSection(section: unknown, path: Path, faults: Faults): Section {
  if (section === null || section === undefined) return EMPTY_SECTION;
  if (!isRecord(section)) {
    faults.add(path, 'is not a map', 'write a, cname, ptr, txt, search or recurse below it');
    return EMPTY_SECTION;
  }
  for (const key of Object.keys(section)) {
    if (!KEYS.has(key)) faults.add([...path, key], 'is not a known key', `use one of: ${[...KEYS].join(', ')}`);
  }
  if (path[0] !== COMMON && domainsIn(section).length > 0)
    faults.add(path, 'has authoritative domains, which are only read from `default`', 'move them to `default`');
  const search = parseNames(section.search, [...path, 'search'], faults).map((domain) => `.${domain}`);
  const recurse = parseList(section.recurse, [...path, 'recurse'], faults, (text) =>
    parseUpstream(text) ? text : null,
  );
  return { search, recurse, ...parseRecords(section, path, faults) };
}

function parseAuthoritative(section: unknown, faults: Faults): readonly string[] {
  if (!isRecord(section)) return [];
  return parseNames(domainsIn(section), [COMMON, 'authoritative'], faults);
}

/** Dumps of rancher-dns misspell the key as `authorative`. */
function domainsIn({ authoritative, authorative }: Readonly<Record<string, unknown>>): readonly unknown[] {
  return [authoritative, authorative].flatMap((list) => (Array.isArray(list) ? list : (list ?? [])));
}

function parseNames(list: unknown, path: Path, faults: Faults): readonly string[] {
  return parseList(list, path, faults, (text) => {
    const name = absolute(text.replace(/^\.+/, '').toLowerCase());
    return name !== '.' && nameFault(name) === null ? name : null;
  });
}

function parseList(
  list: unknown,
  path: Path,
  faults: Faults,
  parse: (text: string) => string | null,
): readonly string[] {
  const items: readonly unknown[] = Array.isArray(list) ? list : list === undefined || list === null ? [] : [list];
  return items.flatMap((item, at) => {
    const parsed = typeof item === 'string' ? parse(item) : null;
    if (parsed === null) faults.add([...path, at], `${JSON.stringify(item)} is not valid here`, 'correct or remove it');
    return parsed ?? [];
  });
}

/** Every parent, below an authoritative domain, of a name with records. */
function namesBetween(answers: Answers): ReadonlySet<string> {
  const between = new Set<string>();
  for (const { a, cname, ptr, txt } of [answers.common, ...answers.sections.values()]) {
    for (const names of [a, cname, ptr, txt]) {
      for (const name of names.keys()) addParents(answers, name, between);
    }
  }
  return between;
}

function addParents(answers: Answers, name: string, between: Set<string>): void {
  const zone = authorityOver(answers, name);
  if (zone === null) return;
  for (let dot = name.indexOf('.'); ; dot = name.indexOf('.', dot + 1)) {
    const parent = name.slice(dot + 1);
    if (parent.length <= zone.length || between.has(parent)) return;
    between.add(parent);
  }
}
