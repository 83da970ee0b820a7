import { type Answers, authorityOver, type Entry, type Section } from './answers.ts';

/** The file, and how names are completed. */
export interface Matching {
  readonly answers: Answers;
  /** Names with so many dots or more are taken as they are; 0: all are completed. */
  readonly ndots: number;
  /** Of records that have none of their own. */
  readonly ttlSeconds: number;
}

/** Where a record set was found: under the name asked for, or under one completed by a search domain. */
export interface Match<Value> extends Entry<Value> {
  readonly at: string;
}

/** One kind of records of a section. */
type Pick<Value> = (section: Section) => ReadonlyMap<string, Entry<Value>>;

/**
 * The record set of a name (absolute, lower case) for an asker; null for what is not there. The asker's own section with
 * its search list comes first, then everybody's with the asker's list, then everybody's with the common list. Within a
 * domain of ours the asker's list is not used.
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

/** Where a name has any records at all, or an empty list of them; null: nowhere. */
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
  const ownSearch = own && searched && !isBelowOurs(answers, name) ? own.search : [];
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

/** The domain itself is not below itself. */
function isBelowOurs(answers: Answers, name: string): boolean {
  const zone = authorityOver(answers, name);
  return zone !== null && zone !== name;
}

/** Without the last one. */
export function dotsIn(name: string): number {
  let dots = -1;
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) dots += 1;
  return dots;
}
