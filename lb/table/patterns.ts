import { ok, type PathMatch, problem, type Result } from '../../model/index.ts';
import type { HostPattern, PathPattern } from './table.ts';

/** `foo.com`, `*.foo.com`, `www.*`; null: any host. */
export function parseHostPattern(text: string | null): Result<HostPattern | null> {
  const lower = (text ?? '').trim().toLowerCase();
  if (lower === '') return ok(null);
  if (lower.length > 2 && lower.startsWith('*')) return ok({ kind: 'suffix', text: lower.slice(1) });
  if (lower.length > 2 && lower.endsWith('*')) return ok({ kind: 'prefix', text: lower.slice(0, -1) });
  return ok({ kind: 'exact', text: lower });
}

export function parsePathPattern(text: string | null, match: PathMatch): Result<PathPattern | null> {
  if (text === null || text === '') return ok(null);
  if (match !== 'regex' && !text.startsWith('/')) {
    return problem(`path ${text}`, 'does not begin with `/`', 'Write the path as it is in the URL.');
  }
  const ignoresCase = match === 'prefix' || match === 'segment';
  return ok({ kind: match, text: ignoresCase ? text.toLowerCase() : text });
}
