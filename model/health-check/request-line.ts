import { ok, problem, type Result } from '../problem/result.ts';
import { splitWords } from './split-words.ts';

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** An HTTP request of a check. */
export interface CheckRequest {
  readonly method: string;
  readonly uri: string;
  readonly version: 'HTTP/1.0' | 'HTTP/1.1';
  readonly headers: readonly Header[];
}

const SUBJECT = 'request line';
const EXAMPLE = 'write it as GET "/path" "HTTP/1.0"';
const MAX_LENGTH = 2_000;
const MAX_HEADERS = 16;

/**
 * Parses a request line of Rancher (`GET "/path" "HTTP/1.0"`), which was the argument of HAProxy's `option httpchk`. Method and
 * version can be left out. The version can carry headers: `"HTTP/1.1\r\nHost:\ www"`. Null: no request, the check is a TCP connect.
 */
export function parseRequestLine(line: string | null): Result<CheckRequest | null> {
  if (line === null || line.trim() === '') return ok(null);
  if (line.length > MAX_LENGTH) return refuse(`has ${line.length} characters`, `use at most ${MAX_LENGTH}`);
  const words = splitWords(line);
  if (words === null) return refuse('has a quote that is not closed, or an escape that is not valid', EXAMPLE);
  const [first = '', second, third = 'HTTP/1.0'] = words;
  if (words.length === 0) return refuse('has no word before "#"', EXAMPLE);
  if (words.length > 3) return refuse(`has ${words.length} words, more than method, URI and version`, EXAMPLE);
  const [method, uri] = second === undefined ? ['OPTIONS', first] : [first, second];
  if (!/^[A-Za-z]{1,20}$/.test(method)) return refuse(`has no valid method: ${show(method)}`, EXAMPLE);
  if (!/^[/*h]/.test(uri) || hasControls(uri) || /\s/.test(uri)) {
    return refuse(`has no valid URI: ${show(uri)}`, 'begin it with "/", and encode blanks as %20');
  }
  return withVersion({ method, uri }, third);
}

function withVersion(request: Pick<CheckRequest, 'method' | 'uri'>, word: string): Result<CheckRequest> {
  const [version = '', ...lines] = word.replace(/(\r?\n)+$/, '').split(/\r?\n/);
  if (version !== 'HTTP/1.0' && version !== 'HTTP/1.1') {
    return refuse(`has no valid version: ${show(version)}`, 'use HTTP/1.0 or HTTP/1.1');
  }
  if (lines.length > MAX_HEADERS) return refuse(`has ${lines.length} headers`, `use at most ${MAX_HEADERS}`);
  const headers: Header[] = [];
  for (const line of lines) {
    const [, name = '', value = ''] = /^([\w-]{1,64}):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === '' || hasControls(value))
      return refuse(`has a header that is not valid: ${show(line)}`, HEADER_EXAMPLE);
    if (headers.some((one) => one.name.toLowerCase() === name.toLowerCase())) {
      return refuse(`has the header ${name} twice`, 'remove one of them');
    }
    headers.push({ name, value });
  }
  return ok({ ...request, version, headers });
}

const HEADER_EXAMPLE = String.raw`write headers as "HTTP/1.1\r\nHost:\ www.example.com"`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const hasControls = (text: string): boolean => /[\u0000-\u001f\u007f]/.test(text);

const show = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);

const refuse = (what: string, hint: string) => problem(SUBJECT, what, hint);
