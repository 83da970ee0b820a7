/** A record set as the file has it; without a TTL of its own it is null. */
export interface Entry<Value> {
  readonly value: Value;
  readonly ttlSeconds: number | null;
}

/** Keys are lower case and absolute, as they are compared. */
export interface Records {
  /** Addresses with a space between them: half the memory of a list. */
  readonly a: ReadonlyMap<string, Entry<string>>;
  readonly cname: ReadonlyMap<string, Entry<string>>;
  readonly ptr: ReadonlyMap<string, Entry<string>>;
  readonly txt: ReadonlyMap<string, Entry<readonly string[]>>;
}

/** What one asker, or everybody, is told. */
export interface Section extends Records {
  /** What bare names are completed with: `.shop.rancher.internal.` */
  readonly search: readonly string[];
  /** Upstream resolvers, `address` or `address:port`. */
  readonly recurse: readonly string[];
}

/** An answers file as it is compared with questions. */
export interface Answers {
  /** By the asker's address, in plain form. */
  readonly sections: ReadonlyMap<string, Section>;
  /** Everybody's. */
  readonly common: Section;
  /** Domains whose names are answered from here alone, absolute: `rancher.internal.` */
  readonly authoritative: readonly string[];
  /** Names that have no records and that others end in, so that they exist [RFC 8020]. */
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

/** The domain we alone answer for that a name is in; null: somebody else may know it. */
export function authorityOver({ authoritative }: Answers, name: string): string | null {
  let longest: string | null = null;
  for (const zone of authoritative) {
    const within =
      name.endsWith(zone) && (name.length === zone.length || name.charAt(name.length - zone.length - 1) === '.');
    if (within && zone.length > (longest?.length ?? 0)) longest = zone;
  }
  return longest;
}

/** How many names have records, over all sections. */
export function countNames({ sections, common }: Answers): number {
  return [common, ...sections.values()].reduce(
    (sum, { a, cname, ptr, txt }) => sum + a.size + cname.size + ptr.size + txt.size,
    0,
  );
}
