/** A record set as written in the file; `ttlSeconds` is null without a TTL of its own. */
export interface RecordSet<Value> {
  readonly value: Value;
  readonly ttlSeconds: number | null;
}

/** Keys are lower case and absolute. */
export interface Records {
  /** Addresses separated by spaces: half the memory of a list. */
  readonly a: ReadonlyMap<string, RecordSet<string>>;
  readonly cname: ReadonlyMap<string, RecordSet<string>>;
  readonly ptr: ReadonlyMap<string, RecordSet<string>>;
  readonly txt: ReadonlyMap<string, RecordSet<readonly string[]>>;
}

/** The answers for one asker, or for all. */
export interface Section extends Records {
  /** Search domains that complete short names: `.shop.rancher.internal.` */
  readonly search: readonly string[];
  /** Upstream resolvers, `address` or `address:port`. */
  readonly recurse: readonly string[];
}

/** A parsed answers file. */
export interface Answers {
  /** By the asker's address in plain form. */
  readonly sections: ReadonlyMap<string, Section>;
  /** The section `default`. */
  readonly common: Section;
  /** Domains that are answered from the file only, absolute: `rancher.internal.` */
  readonly authoritative: readonly string[];
  /** Names without records that other names end in: they exist [RFC 8020]. */
  readonly between: ReadonlySet<string>;
}

export const EMPTY_SECTION: Section = {
  search: [],
  recurse: [],
  a: new Map(),
  cname: new Map(),
  ptr: new Map(),
  txt: new Map(),
};

export const NO_ANSWERS: Answers = {
  sections: new Map(),
  common: EMPTY_SECTION,
  authoritative: [],
  between: new Set(),
};

/** The longest authoritative domain that contains the name; null: an upstream may know the name. */
export function authorityOver({ authoritative }: Answers, name: string): string | null {
  let longest: string | null = null;
  for (const zone of authoritative) {
    const within =
      name.endsWith(zone) && (name.length === zone.length || name.charAt(name.length - zone.length - 1) === '.');
    if (within && zone.length > (longest?.length ?? 0)) longest = zone;
  }
  return longest;
}

/** Number of names with records, over all sections. */
export function countNames({ sections, common }: Answers): number {
  return [common, ...sections.values()].reduce(
    (sum, { a, cname, ptr, txt }) => sum + a.size + cname.size + ptr.size + txt.size,
    0,
  );
}
