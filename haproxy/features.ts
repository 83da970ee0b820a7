/** Parts that HAProxy can be built without, and their implementations, the best first, as `haproxy -vv` names them. */
const PARTS = {
  tls: ['OPENSSL'],
  regex: ['PCRE2_JIT', 'PCRE_JIT', 'PCRE2', 'PCRE', 'STATIC_PCRE2', 'STATIC_PCRE'],
  compression: ['SLZ', 'ZLIB'],
  threads: ['THREAD'],
} as const;

export type HaproxyPart = keyof typeof PARTS;

export interface HaproxyFeatures {
  /** The implementation of each part that it has: `OPENSSL`, `PCRE2_JIT`. */
  readonly features: readonly string[];
  readonly lacks: readonly HaproxyPart[];
}

/** Reads the output of `haproxy -vv`. Without a list of features it lacks nothing that is known. */
export function parseFeatures(output: string): HaproxyFeatures {
  const [, list] = /^Feature list : (.*)$/m.exec(output) ?? [];
  if (list === undefined) return { features: [], lacks: [] };
  const has = new Set(list.split(' ').flatMap((word) => (word.startsWith('+') ? [word.slice(1)] : [])));
  const found = Object.entries(PARTS).map(([part, names]) => {
    return { part: part as HaproxyPart, feature: names.find((name) => has.has(name)) };
  });
  return {
    features: found.flatMap(({ feature }) => feature ?? []),
    lacks: found.filter(({ feature }) => feature === undefined).map(({ part }) => part),
  };
}

/** `was built without SLZ and ZLIB`. */
export function withoutText(part: HaproxyPart): string {
  const names: readonly string[] = PARTS[part].filter((name) => !name.includes('_'));
  return `was built without ${names.join(' and ')}`;
}
