import { isIP } from 'node:net';
import { type Problem, plainAddress } from '../../model/index.ts';
import { parseUpstream } from '../upstream/address.ts';
import { type Answers, authorityOver, EMPTY_SECTION, NO_ANSWERS, type Section } from './answers.ts';
import { createFaults, type Faults } from './faults.ts';
import { absolute, nameFault } from './names.ts';
import { isRecord, parseRecords } from './records.ts';
import { type Path, readAnswersText } from './text.ts';

export type ParsedAnswers =
  /** What makes no sense is left out and told. */
  | { readonly ok: true; readonly answers: Answers; readonly problems: readonly Problem[] }
  /** It cannot be read at all. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

const EVERYBODY = 'default';
const KEYS = new Set(['search', 'recurse', 'authoritative', 'authorative', 'a', 'cname', 'ptr', 'txt']);

/** Reads an answers file, YAML or JSON; `file` is its name, for messages. */
export async function parseAnswers(file: string, text: string): Promise<ParsedAnswers> {
  const read = await readAnswersText(file, text);
  if (!read.ok) return read;
  if (read.value === null) return { ok: true, answers: NO_ANSWERS, problems: [] };
  if (!isRecord(read.value)) {
    const hint = 'write a map: default, or the address of an asker, and what it is answered';
    return { ok: false, problems: [{ subject: file, what: 'is no answers file', hint }] };
  }
  const faults = createFaults(file, read.lineOf);
  const answers = toAnswers(read.value, faults);
  return { ok: true, answers, problems: faults.read() };
}

function toAnswers(file: Readonly<Record<string, unknown>>, faults: Faults): Answers {
  const sections = new Map<string, Section>();
  let common = EMPTY_SECTION;
  for (const [key, value] of Object.entries(file)) {
    if (key === EVERYBODY) common = parseSection(value, [key], faults);
    else if (isIP(key) !== 0) sections.set(plainAddress(key), parseSection(value, [key], faults));
    else faults.add([key], 'is neither an address nor `default`, so nobody is answered from it', 'name an address');
  }
  const authoritative = parseAuthoritative(file[EVERYBODY], faults);
  const answers = { sections, common, authoritative, between: new Set<string>() };
  return { ...answers, between: namesBetween(answers) };
}

function parseSection(section: unknown, path: Path, faults: Faults): Section {
  if (section === null || section === undefined) return EMPTY_SECTION;
  if (!isRecord(section)) {
    faults.add(path, 'is no map', 'write a, cname, ptr, txt, search or recurse below it');
    return EMPTY_SECTION;
  }
  for (const key of Object.keys(section)) {
    if (!KEYS.has(key)) faults.add([...path, key], 'is not known', `use one of: ${[...KEYS].join(', ')}`);
  }
  if (path[0] !== EVERYBODY && domainsIn(section).length > 0)
    faults.add(path, 'has authoritative domains, which are read from `default` alone', 'move them there');
  const search = parseNames(section.search, [...path, 'search'], faults).map((domain) => `.${domain}`);
  const recurse = parseList(section.recurse, [...path, 'recurse'], faults, (text) =>
    parseUpstream(text) ? text : null,
  );
  return { search, recurse, ...parseRecords(section, path, faults) };
}

function parseAuthoritative(section: unknown, faults: Faults): readonly string[] {
  if (!isRecord(section)) return [];
  return parseNames(domainsIn(section), [EVERYBODY, 'authoritative'], faults);
}

/** Dumps of the original spell it wrong. */
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
    if (parsed === null) faults.add([...path, at], `${JSON.stringify(item)} cannot be used`, 'correct or remove it');
    return parsed ?? [];
  });
}

/** Every name below a domain of ours that others end in and that has no records itself. */
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
