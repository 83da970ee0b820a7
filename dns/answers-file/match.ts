import { type Answers, authorityOver, type RecordSet, type Section } from './answers.ts';

/** The answers, and how names are completed. */
export interface Matching {
  readonly answers: Answers;
  /** Names with this many dots or more are not completed; 0: all names are completed. */
  readonly ndots: number;
  /** TTL of records without their own. */
  readonly ttlSeconds: number;
}

/** A record set and the name it was found at: the queried name, or one completed by a search domain. */
export interface Match<Value> extends RecordSet<Value> {
  readonly at: string;
}

/** Selects one kind of records of a section. */
type Pick<Value> = (section: Section) => ReadonlyMap<string, RecordSet<Value>>;

/**
 * The record set of a name (absolute, lower case) for an asker; null if there is none. Order: the asker's own section with its
 * search list, the common section with the asker's list, the common section with the common list. Below an authoritative
 * domain the asker's list is not used.
 */
export function match<Value extends { readonly length: number }>(
  matching: Matching,
  own: Section | null,
  pick: Pick<Value>,
  name: string,
): Match<Value> | null {
  return matchIn(matching, own, name, (section, at) => {
    const entry = pick(section).get(at);
    return entry && entry.value.length > 0 ? { ...entry, at } : null;
  });
}

/** The name at which any records exist, even an empty list; null: nowhere. */
export function locate(matching: Matching, own: Section | null, name: string): string | null {
  return matchIn(matching, own, name, ({ a, cname, ptr, txt }, at) =>
    a.has(at) || cname.has(at) || ptr.has(at) || txt.has(at) ? at : null,
  );
}

function matchIn<T>(
  { answers, ndots }: Matching,
  own: Section | null,
  name: string,
  look: (section: Section, at: string) => T | null,
): T | null {
  const { common } = answers;
  const searched = ndots === 0 || dotsIn(name) < ndots;
  const ownSearch = own && searched && !isBelowAuthoritative(answers, name) ? own.search : [];
  const commonSearch = searched ? common.search : [];
  return (
    (own && lookUnder(own, name, ownSearch, look)) ??
    lookUnder(common, name, ownSearch, look) ??
    lookUnder(common, name, commonSearch, look)
  );
}

function lookUnder<T>(
  section: Section,
  name: string,
  search: readonly string[],
  look: (section: Section, at: string) => T | null,
): T | null {
  const exact = look(section, name);
  if (exact !== null) return exact;
  for (const suffix of search) {
    const found = look(section, name.slice(0, -1) + suffix);
    if (found !== null) return found;
  }
  return null;
}

/** False for the domain itself. */
function isBelowAuthoritative(answers: Answers, name: string): boolean {
  const zone = authorityOver(answers, name);
  return zone !== null && zone !== name;
}

/** Number of dots, without the trailing one. */
export function dotsIn(name: string): number {
  let dots = -1;
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) dots += 1;
  return dots;
}
