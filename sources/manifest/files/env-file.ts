import { ok, type Result } from '../../../model/index.ts';
import { interpolateText, type Scope, type Variables } from './interpolate.ts';

const BLANK = /(?:\s|#[^\n]*(?:\n|$))+/y;
const KEY = /(?:export[ \t]+)?([\w.[\]-]+)[ \t]*(?:([=:])[ \t]*|(?=\n|$))/y;
const VALUE = /'((?:\\[\s\S]|[^'\\])*)'|"((?:\\[\s\S]|[^"\\])*)"|([^\n]*)/y;
const REST = /[ \t]*(?:#[^\n]*)?(?=\n|$)/y;

/**
 * Parses an environment file, such as the `.env` of a Compose project: `KEY=value`, `export`, comments, quotes, and variables of the
 * scope or of earlier lines in all values but those in single quotes. A key without a value is that of the scope.
 */
export function parseEnvFile(
  { path, text }: { readonly path: string; readonly text: string },
  scope: Scope,
): Result<Variables> {
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const own: Record<string, string> = {};
  const variables: Record<string, string | undefined> = { ...scope.variables };
  const take = (pattern: RegExp, at: number): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const fault = (at: number, what: string, hint: string): Result<never> => {
    const line = source.slice(0, at).split('\n').length;
    return { ok: false, problem: { subject: `${path}:${line}`, what, hint } };
  };
  for (let at = 0; ; ) {
    at += take(BLANK, at)?.[0].length ?? 0;
    if (at >= source.length) return ok(own);
    const key = take(KEY, at);
    if (!key) return fault(at, 'is not an assignment', 'write KEY=value');
    const [whole, name = '', sign] = key;
    at += whole.length;
    if (!sign) continue;
    const [value, single, double, bare = ''] = take(VALUE, at) ?? [''];
    const raw = single?.replaceAll("\\'", "'") ?? (double === undefined ? withoutComment(bare) : unescaped(double));
    const done = single === undefined ? interpolateText(raw, { ...scope, variables }) : ok(raw);
    if (!done.ok) return fault(at, done.problem.what, done.problem.hint);
    if (/^["']/.test(value) && bare !== '') return fault(at, 'has a quote that is not closed', 'add the closing quote');
    at += value.length;
    const rest = take(REST, at);
    if (!rest) return fault(at, 'has text after the closing quote', 'remove it, or put the whole value in quotes');
    at += rest[0].length;
    own[name] = done.value;
    if (scope.variables[name] === undefined) variables[name] = done.value;
  }
}

function withoutComment(bare: string): string {
  return bare.replace(/ #.*$/, '').trimEnd();
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** `\$` becomes `$$`, which stands for a dollar sign. */
function unescaped(text: string): string {
  return text.replaceAll(
    /\\([abfnrtv"\\$])/g,
    (_, letter: string) => ESCAPES[letter] ?? (letter === '$' ? '$$' : letter),
  );
}
