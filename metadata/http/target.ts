import { bytesToText, parseQuery, percentDecode, queryUnescape } from '../render/query.ts';

/** The meaning of a request target. */
export type Target =
  | { readonly kind: 'bad' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** There is no such page: the plain 404 of the HTTP library. */
  | { readonly kind: 'none' }
  | { readonly kind: 'root' }
  | {
      readonly kind: 'value';
      readonly version: string;
      readonly keys: readonly string[];
      readonly wait: Wait | null;
      /** Token of a pinned state; `new` pins the present state. Null: the present state, which is not pinned. */
      readonly snapshot: string | null;
    };

/** A long poll: the reply is due when the value no longer prints as `value`. */
export interface Wait {
  readonly value: string;
  readonly maxWaitMs: number;
}

const TARGET = /^(https?:\/\/[A-Za-z0-9.:_[\]-]+)?(\/[^?]*|(?=\?|$))(?:\?(.*))?$/is;

/** Parses a request target (bytes, one character per byte): clean path, route, segments, long-poll parameters. */
export function parseTarget(target: string): Target {
  const match = TARGET.exec(target);
  const [, authority = '', rawPath = '', query = ''] = match ?? [];
  const path = percentDecode(rawPath);
  if (match === null || path === null || (authority === '' && rawPath === '')) return { kind: 'bad' };
  const clean = cleanPath(path);
  if (clean !== path) return { kind: 'redirect', location: `${authority}${escapePath(clean)}${query && `?${query}`}` };
  if (path === '/') return { kind: 'root' };
  const slash = path.indexOf('/', 1);
  if (path === '/favicon.ico' || (slash > 0 && path.includes('\n', slash))) return { kind: 'none' };
  const version = bytesToText(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const parameters = parseQuery(query);
  const wait = slash < 0 ? null : waitOf(parameters);
  return { kind: 'value', version, keys: keysOf(rawPath, path), wait, snapshot: parameters.get('snapshot') ?? null };
}

/** Resolves `//`, `.` and `..` in the decoded path. Keeps a trailing slash. */
function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const clean = `/${kept.join('/')}`;
  return clean !== '/' && path.endsWith('/') ? `${clean}/` : clean;
}

/**
 * The segments after the version. Each is unescaped after the split, so that `%2F` is a slash inside a key. A target with
 * bytes that should have been escaped is escaped as a whole before the split, as in Go.
 */
function keysOf(rawPath: string, path: string): string[] {
  const escaped = /^[\w\-.~%!$&'()*+,;=:@/[\]]*$/.test(rawPath) ? rawPath : escapePath(path);
  const [, , ...segments] = escaped.replace(/\/+$/, '').split('/');
  return segments.map((segment) => queryUnescape(segment) ?? segment);
}

function escapePath(path: string): string {
  return path.replace(
    /[^\w\-.~$&+,/:;=@]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const DEFAULT_WAIT_S = 60;
const MAX_WAIT_S = 120;

function waitOf(query: ReadonlyMap<string, string>): Wait | null {
  const value = query.get('value');
  if (query.get('wait') !== 'true' || value === undefined) return null;
  const text = query.get('maxWait') ?? '';
  const seconds = (/^[+-]?\d+$/.test(text) ? Number(text) : 0) || DEFAULT_WAIT_S;
  return { value, maxWaitMs: Math.max(0, Math.min(seconds, MAX_WAIT_S)) * 1000 };
}
