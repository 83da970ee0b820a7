import { ASKER, nameKey, stackKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder, TriedName } from '../host-view/dependency-recorder.ts';
import { hasSuffixWithin, isDomainName, underSuffix, withoutDot } from '../host-view/domain-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import { nameNode } from '../host-view/names.ts';
import { parseServiceKey } from '../host-view/service-key.ts';
import { dockerMeaning, isElsewhere } from './docker-meaning.ts';
import { commonMeaning, type Lookup, linkMeaning, type NameMeaning } from './meaning.ts';
import type { Scope } from './scope.ts';
import { parseSpecialName, type SpecialName, specialMeaning } from './special-names.ts';

export interface NameLookup {
  /** The owner of the SOA in a negative answer: the suffix (lower case, absolute), or `.` for names completed by search. */
  readonly zone: string;
  readonly meaning: NameMeaning;
}

/**
 * Which names without a suffix the server completes with the asker's search list. `own`: single labels, and names whose last label
 * is a stack. `every`: all of them, as in Rancher.
 */
export type SearchMode = 'own' | 'every';

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
  const found = orDocker(lookup, searchedMeaning(lookup, plain, search), () => [plain]);
  return { zone: '.', meaning: found ?? { kind: isOthers(lookup, plain) ? 'foreign' : 'unknown' } };
}

/** Single labels, and names with a suffix followed by a search domain, are never forwarded (Q27). */
function isOthers({ view, scope }: Lookup, name: string): boolean {
  if (name === '' || name === 'localhost') return true;
  return name.includes('.') && !hasSuffixWithin(view, name, scope.container?.dnsSearch ?? []);
}

/** `asked` is the name in the question. */
interface Searching extends Lookup {
  readonly asked: string;
}

function exactMeaning(lookup: Searching, relative: string): NameMeaning {
  const meaning = plainMeaning(lookup, [relative], isThere) ?? null;
  if (meaning) return orDocker(lookup, meaning, () => completedFrom(lookup, relative)) ?? meaning;
  const special = parseSpecialName(relative);
  const own = (special && specially(lookup, special, [special.rest])) ?? ofLongStack(lookup, relative);
  // Clients complete `store` to `store.<suffix>`, and some never ask for `store` itself.
  return own ?? orDocker(lookup, null, () => [relative], isShortName) ?? { kind: 'unknown' };
}

/**
 * Drover's own names come before those of Docker, unless they mean nothing on the networks of the asker. `names` are the forms in which
 * Docker may know the name.
 */
function orDocker(
  lookup: Searching,
  own: NameMeaning | null,
  names: () => readonly string[],
  isExcluded: (lookup: Searching, name: string) => boolean = () => false,
): NameMeaning | null {
  if (own && !isElsewhere(lookup, own)) return own;
  lookup.recorder?.depends(ASKER);
  for (const name of names()) {
    const meaning = dockerMeaning(lookup, name);
    if (!meaning || isExcluded(lookup, name)) continue;
    tell(lookup, { relative: name, among: 'docker', meaning, chosen: true });
    return meaning;
  }
  return own;
}

/** A short name in a stack whose name is too long for a search list: clients complete it with the suffix alone. */
function ofLongStack(lookup: Searching, name: string): NameMeaning | null {
  const search = lookup.scope.search.filter((domain) => !isDomainName(domain));
  if (search.length === 0) return null;
  lookup.recorder?.depends(ASKER);
  return searchedMeaning({ ...lookup, scope: { ...lookup.scope, search } }, name, 'own');
}

/** Whether the asker has a name of Drover for this one: a client finds it below another domain of its search list. */
function isShortName(lookup: Searching, name: string): boolean {
  const recorder = lookup.recorder && { depends: lookup.recorder.depends.bind(lookup.recorder) };
  return searchedMeaning({ ...lookup, recorder }, name, 'own') !== null;
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

function searchedMeaning(lookup: Searching, name: string, search: SearchMode): NameMeaning | null {
  const link = name.includes('.') ? lookup.scope.links.get(name) : undefined;
  const linked = link?.kind === 'container' ? linkMeaning(lookup, name) : null;
  if (linked) {
    tell(lookup, { relative: name, among: 'links', meaning: linked, chosen: true });
    return linked;
  }
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

/** How a name is searched for, for operators. */
export interface SearchStory {
  /** The suffix that the name is below, without trailing dot; then no search list is needed. */
  readonly suffix: string | null;
  /** Whether the server completes the name with the search list. */
  readonly applies: boolean;
  readonly reason: string;
}

/** Whether the server completes a name, in any form, with the search list, and why. */
export function searchStory(view: HostView, scope: Scope, name: string, search: SearchMode = 'own'): SearchStory {
  const lookup = { view, scope, recorder: undefined };
  const plain = withoutDot(name);
  const under = underSuffix(view, plain);
  if (under) return { suffix: under.suffix, applies: false, reason: `it is below the suffix ${under.suffix}` };
  const rule = searchRule(lookup, plain, search);
  const special = rule.applies ? null : parseSpecialName(plain);
  const rest = special && searchRule(lookup, special.rest, search);
  if (special && rest?.applies) return { suffix: null, applies: true, reason: `as to ${special.rest}, ${rest.reason}` };
  return { suffix: null, ...rule };
}

/** Whether the search list is used for a name that is not below a suffix (lower case), and why, for operators. */
function searchRule(
  lookup: Lookup,
  name: string,
  search: SearchMode,
): { readonly applies: boolean; readonly reason: string } {
  const { view, recorder } = lookup;
  if (name === '') return { applies: false, reason: 'the root has no search list' };
  if (search === 'every') return { applies: true, reason: 'the compatibility mode completes every name' };
  if (!name.includes('.')) return { applies: true, reason: 'it is a single label' };
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (PUBLIC_ENDS.has(last)) {
    return { applies: false, reason: `names in .${last} belong to the Internet, whatever the names of the stacks` };
  }
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const stack = name.slice(dot + 1);
    recorder?.depends(stackKey(stack));
    if (view.stacks.has(stack)) return { applies: true, reason: `it ends in the name of stack ${stack}` };
  }
  if (isOwnSidekick(lookup, name)) return { applies: true, reason: "it is a sidekick in the asker's own stack" };
  return { applies: false, reason: `it has dots, and ${last} is not a stack` };
}

/** Sidekicks such as `log.web`: musl's resolver does not search for names with dots, so the server has to. */
function isOwnSidekick(lookup: Lookup, name: string): boolean {
  const { view, recorder } = lookup;
  return candidates(lookup, name).some((relative) => {
    recorder?.depends(nameKey(relative));
    const services = nameNode(view, relative)?.services ?? [];
    return services.some((key) => parseServiceKey(key)?.inner.includes('/'));
  });
}

/** Stacks may have these names, too, but their short names must not shadow names such as google.com. */
const PUBLIC_ENDS: ReadonlySet<string> = new Set(['com', 'net', 'org', 'edu', 'gov', 'mil', 'arpa']);

/** The name below each search domain, relative to the suffix. */
function candidates({ view, scope }: Lookup, name: string): readonly string[] {
  return scope.search.flatMap((domain) => {
    const relative = underSuffix(view, withoutDot(domain))?.relative;
    return relative === undefined ? [] : [relative === '' ? name : `${name}.${relative}`];
  });
}

/** The asker's links first, below each search domain, then common names. */
function plainMeaning(
  lookup: Searching,
  names: readonly string[],
  fits: (meaning: NameMeaning) => boolean,
): NameMeaning | null {
  for (const relative of names) {
    const meaning = linkMeaning(lookup, relative);
    if (meaning) tell(lookup, { relative, among: 'links', meaning, chosen: true });
    if (meaning) return meaning;
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

function tell(
  { recorder, asked }: Searching,
  { meaning, ...tried }: Pick<TriedName, 'relative' | 'among' | 'chosen'> & { readonly meaning: NameMeaning },
): void {
  recorder?.tried?.({ ...tried, asked, found: describeMeaning(meaning) });
}

/** What a name is, for people. */
export function describeMeaning(meaning: NameMeaning): string {
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
