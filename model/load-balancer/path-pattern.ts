import { ok, problem, type Result } from '../problem/result.ts';

export const PATH_MATCHES = ['prefix', 'segment', 'exact', 'regex'] as const;
/** `prefix`: as Rancher, ignoring case. `segment`: whole parts between slashes, ignoring case. */
export type PathMatch = (typeof PATH_MATCHES)[number];

/**
 * `prefix` and `segment` ignore case; `segment`: `/api` matches `/api` and `/api/x`, not `/apix`; `exact` and `regex` do not ignore case.
 * The text of `prefix` and `segment` is lower case. Printable ASCII without blanks, quotes and `#`; only a `regex` can have a backslash.
 * Paths are compared as clients send them, percent-encoded.
 */
export interface PathPattern {
  readonly kind: PathMatch;
  readonly text: string;
}

/** A line of HAProxy has at most 2,047 characters. */
const MAX_LENGTH = 1000;

/** Parses the path of a rule. Null: any path (empty). Characters beyond ASCII get their percent-encoded form. */
export function parsePathPattern(text: string, match: PathMatch): Result<PathPattern | null> {
  const written = text.trim();
  if (written === '') return ok(null);
  if (written.length > MAX_LENGTH) {
    return problem(text, `has ${written.length} characters`, `shorten it to ${MAX_LENGTH} or fewer`);
  }
  return match === 'regex' ? parseRegex(written) : parsePlain(written, match);
}

/** The characters of a path [RFC 3986 §3.3] without the quote. */
const PLAIN = /^\/(?:[A-Za-z0-9._~!$&()+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;

function parsePlain(written: string, match: Exclude<PathMatch, 'regex'>): Result<PathPattern> {
  if (!written.startsWith('/')) return problem(written, `is ${show(written)}: it has no slash`, 'begin it with /');
  if (written.includes('*')) {
    const hint = 'remove the star: a path matches the beginning; for more, set path_match to regex';
    return problem(written, `is ${show(written)}: a star has no meaning in a path`, hint);
  }
  if (/[?#]/.test(written)) {
    const hint = 'remove it from the ? or # on: only the path is compared';
    return problem(written, `is ${show(written)}: it has more than a path`, hint);
  }
  const encoded = percentEncoded(written);
  if (encoded === null || !PLAIN.test(encoded) || encoded.length > MAX_LENGTH) {
    const hint =
      'write other characters than letters, digits and -._~!$&()+,;=:@ percent-encoded, such as %20 for a blank';
    return problem(written, `is ${show(written)}, not a path`, hint);
  }
  if (match === 'exact') return ok({ kind: 'exact', text: encoded });
  const text = encoded.toLowerCase();
  const bare = match === 'segment' ? text.replace(/\/+$/, '') : text;
  return ok(bare === '' ? { kind: 'prefix', text: '/' } : { kind: match, text: bare });
}

/** As browsers encode it; escapes that are there already get upper-case digits. Null: half of a surrogate pair. */
function percentEncoded(path: string): string | null {
  if (!path.isWellFormed()) return null;
  return path
    .replaceAll(/%[0-9a-f]{2}/gi, (encoded) => encoded.toUpperCase())
    .replaceAll(/[\u0080-\u{10ffff}]/gu, (char) => encodeURIComponent(char));
}

const ESCAPES = /\\(?:[dDwWsSbB]|[^A-Za-z0-9])/g;

/** The regular expressions that PCRE, with which HAProxy matches, and JavaScript understand alike. */
function parseRegex(written: string): Result<PathPattern> {
  const refuse = (why: string, hint: string) => problem(written, `is ${show(written)}: ${why}`, hint);
  if (/[^!-~]|["'#]/.test(written)) {
    return refuse(
      'it has a blank, a quote, # or a character beyond ASCII',
      'match these as clients send them, percent-encoded',
    );
  }
  if (written.startsWith('-')) return refuse('it begins with a hyphen', 'begin it with ^');
  const plain = written.replaceAll(ESCAPES, '_');
  if (plain.includes('\\'))
    return refuse('it has an unknown escape', 'use \\d, \\w, \\s, \\b, or a backslash before a sign');
  if (/\(\?(?![:=!]|i:)/.test(plain))
    return refuse('it has an unknown group', 'use (…), (?:…), (?i:…), (?=…) or (?!…)');
  if (/\[[^\]]*\[|\[\^?\]|\[([.:=])[^\]]*\1\]/.test(plain))
    return refuse('it has an unclear set', 'write \\[ or \\] for a bracket in a set');
  if (/\{\d*,?\d{4,}/.test(plain)) return refuse('it repeats too often', 'use at most {999}');
  try {
    new RegExp(written, 'u');
  } catch (error) {
    const reason = /: ([^:]*)$/.exec((error as Error).message)?.[1] ?? 'it is not valid';
    return refuse(`it is not a regular expression (${reason})`, 'correct it');
  }
  return ok({ kind: 'regex', text: written });
}

const show = (text: string): string => JSON.stringify(text.slice(0, 80));
