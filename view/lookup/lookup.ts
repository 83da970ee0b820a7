import { ASKER, type DependencyKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder, TriedName } from '../host-view/dependency-recorder.ts';
import { hasSuffixWithin, underSuffix, withoutDot } from '../host-view/domain-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import { dockerMeaning, isOutOfReach } from './docker-meaning.ts';
import { commonMeaning, type Lookup, linkMeaning, type NameMeaning } from './meaning.ts';
import type { Scope } from './scope.ts';
import { candidates, type SearchMode, searchRule } from './search-rule.ts';
import { parseSpecialName, type SpecialName, specialMeaning } from './special-names.ts';

export interface NameLookup {
  /** The owner of the SOA in a negative answer: the suffix (lower case, absolute), or `.` for names completed by search. */
  readonly zone: string;
  readonly meaning: NameMeaning;
}

/** `name` in any case, with or without trailing dot. Names without a suffix are searched for in the scope of the asker. */
export function lookupName(
  view: HostView,
  scope: Scope,
  name: string,
  search: SearchMode = 'own',
  recorder?: DependencyRecorder,
): NameLookup {
  const plain = withoutDot(name);
  const lookup = { view, scope, recorder, asked: plain };
  const under = underSuffix(view, plain);
  if (under) {
    const zone = `${under.suffix}.`;
    return { zone, meaning: under.relative === '' ? { kind: 'apex' } : exactMeaning(lookup, under.relative) };
  }
  recorder?.depends(ASKER);
  const own = searchedMeaning(lookup, plain, search) ?? missing(lookup, plain);
  return { zone: '.', meaning: orDocker(lookup, own, () => [plain]) };
}

/** Single labels, and names with a suffix followed by a search domain, are never forwarded (Q27). */
function missing({ view, scope }: Lookup, name: string): NameMeaning {
  if (name === '' || name === 'localhost') return { kind: 'foreign' };
  const isOurs = !name.includes('.') || hasSuffixWithin(view, name, scope.container?.dnsSearch ?? []);
  return { kind: isOurs ? 'unknown' : 'foreign' };
}

/** `asked` is the name in the question. */
interface Searching extends Lookup {
  readonly asked: string;
}

function exactMeaning(lookup: Searching, relative: string): NameMeaning {
  const own = ownMeaning(lookup, relative);
  if (!own) return completedByDocker(lookup, relative) ?? { kind: 'unknown' };
  return orDocker(lookup, own, () => completedFrom(lookup, relative));
}

/** Drover's own meaning of a name below a suffix; null: it does not exist. */
function ownMeaning(lookup: Searching, relative: string): NameMeaning | null {
  const plain = plainMeaning(lookup, [relative], isThere);
  if (plain) return plain;
  const special = parseSpecialName(relative);
  return (special && specially(lookup, special, [special.rest])) ?? ofLongStack(lookup, relative);
}

/** A short name in a stack whose name is too long for a search list: clients complete it with the suffix alone. */
function ofLongStack(lookup: Searching, name: string): NameMeaning | null {
  const { longSearch: search } = lookup.scope;
  if (search.length === 0) return null;
  lookup.recorder?.depends(ASKER);
  return searchedMeaning({ ...lookup, scope: { ...lookup.scope, search } }, name, 'own');
}

/**
 * Drover's own names come before those of Docker, unless they give the asker no address. `names` are the forms in which Docker may know
 * the name.
 */
function orDocker(lookup: Searching, own: NameMeaning, names: () => readonly string[]): NameMeaning {
  if (!isOutOfReach(lookup, own)) return own;
  for (const name of names()) {
    const meaning = dockerMeaning(lookup, name);
    if (meaning) return tell(lookup, { relative: name, among: 'docker', meaning, chosen: true });
  }
  return own;
}

/** The names that a client completed to this one with its search list. Some clients stop at the first name that exists. */
function completedFrom({ view, scope }: Lookup, relative: string): readonly string[] {
  return scope.search.flatMap((domain) => {
    const end = underSuffix(view, withoutDot(domain))?.relative;
    if (end === undefined) return [];
    if (end === '') return [relative];
    return relative.endsWith(`.${end}`) ? [relative.slice(0, -end.length - 1)] : [];
  });
}

/**
 * Clients complete `store` to `store.<suffix>`, and some never ask for `store` itself. Null also if `store` is a short name of Drover
 * for the asker: a client finds that below another domain of its search list.
 */
function completedByDocker(lookup: Searching, relative: string): NameMeaning | null {
  const meaning = dockerMeaning(lookup, relative);
  if (!meaning) return null;
  const { recorder } = lookup;
  const silent = recorder && { depends: (key: DependencyKey) => recorder.depends(key) };
  if (searchedMeaning({ ...lookup, recorder: silent }, relative, 'own')) return null;
  return tell(lookup, { relative, among: 'docker', meaning, chosen: true });
}

function searchedMeaning(lookup: Searching, name: string, search: SearchMode): NameMeaning | null {
  const link = name.includes('.') ? lookup.scope.links.get(name) : undefined;
  const linked = link?.kind === 'container' ? linkMeaning(lookup, name) : null;
  if (linked) return tell(lookup, { relative: name, among: 'links', meaning: linked, chosen: true });
  const plain = searchRule(lookup, name, search).applies
    ? plainMeaning(lookup, candidates(lookup, name), hasRecords)
    : null;
  if (plain) return plain;
  const special = parseSpecialName(name);
  if (!special || !searchRule(lookup, special.rest, search).applies) return null;
  return specially(lookup, special, candidates(lookup, special.rest));
}

function specially(lookup: Searching, special: SpecialName, names: readonly string[]): NameMeaning | null {
  const meaning = plainMeaning(lookup, names, hasRecords);
  return meaning && specialMeaning(lookup, special, meaning);
}

/** The asker's links first, below each search domain, then common names. */
function plainMeaning(
  lookup: Searching,
  names: readonly string[],
  fits: (meaning: NameMeaning) => boolean,
): NameMeaning | null {
  for (const relative of names) {
    const meaning = linkMeaning(lookup, relative);
    if (meaning) return tell(lookup, { relative, among: 'links', meaning, chosen: true });
  }
  for (const relative of names) {
    const meaning = commonMeaning(lookup, relative);
    const chosen = fits(meaning);
    tell(lookup, { relative, among: 'names', meaning, chosen });
    if (chosen) return meaning;
  }
  return null;
}

function isThere({ kind }: NameMeaning): boolean {
  return kind !== 'unknown';
}

function hasRecords({ kind }: NameMeaning): boolean {
  return kind !== 'unknown' && kind !== 'empty';
}

/** Reports a name that was tried. Returns its meaning. */
function tell(
  { recorder, asked }: Searching,
  { meaning, ...tried }: Pick<TriedName, 'relative' | 'among' | 'chosen'> & { readonly meaning: NameMeaning },
): NameMeaning {
  recorder?.tried?.({ ...tried, asked, found: describeMeaning(meaning) });
  return meaning;
}

/** What a name is, for people. */
function describeMeaning(meaning: NameMeaning): string {
  switch (meaning.kind) {
    case 'service':
      return meaning.services.map(({ key }) => `service ${key}`).join(' and ');
    case 'cname':
      return `${meaning.services.map(({ key }) => `service ${key}`).join(' and ')}, another name for ${meaning.target}`;
    case 'container':
      return meaning.containers.length === 1 ? `container ${meaning.name}` : `${meaning.containers.length} containers`;
    case 'host':
      return `host ${meaning.name}`;
    case 'metadata':
      return 'the metadata service';
    case 'apex':
      return 'the suffix itself';
    case 'empty':
      return 'no records, but names below it';
    case 'unknown':
      return 'no such name';
    case 'foreign':
      return 'not ours';
  }
}
