import { ok, parseDnsName, problem, type Result, type ServiceLink } from '../../../model/index.ts';

/**
 * Parses `service`, `stack/service` or longer, with or without `:alias`. A target without a stack is in the declaring stack. The
 * default alias is the name of the service.
 */
export function parseLink(text: string, stack: string): Result<ServiceLink> {
  const cut = text.lastIndexOf(':');
  const target = linkTarget(text);
  const parts = target.split('/');
  const alias = (cut < 0 ? '' : text.slice(cut + 1)).trim() || (parts.at(-1) ?? '');
  for (const name of [...parts, alias]) {
    if (parseDnsName(name).ok) continue;
    return problem(text, `(${JSON.stringify(text)}) is not a link`, 'write it like db, db:alias or stack/db:alias');
  }
  if (parts.length > 4) {
    return problem(text, `(${JSON.stringify(text)}) has too many parts`, 'write it like stack/service');
  }
  return ok({ target: parts.length === 1 ? `${stack}/${target}` : target, alias });
}

/** The target of a link as written, without its alias: `db`, `stack/db`. */
export function linkTarget(text: string): string {
  const cut = text.lastIndexOf(':');
  return (cut < 0 ? text : text.slice(0, cut)).trim();
}
