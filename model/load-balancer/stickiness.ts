import { ok, problem, type Result } from '../problem/result.ts';
import { parseWord } from '../values/scalars.ts';
import type { StickinessPolicy } from './load-balancer.ts';
import type { RuleKeyFault } from './rule-options.ts';

/** A token [RFC 6265 §4.1.1]. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const DOMAIN = /^\.?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;

export function parseCookieName(text: string): Result<string> {
  if (TOKEN.test(text)) return ok(text);
  return problem(
    '',
    `is ${JSON.stringify(text.slice(0, 80))}, not the name of a cookie`,
    'use letters, digits, - and _',
  );
}

/** Why HAProxy cannot set the cookie of a policy. Empty values count as not given. */
export function stickinessFaults({ cookie, mode, domain }: StickinessPolicy): readonly RuleKeyFault[] {
  const results = {
    cookie: cookie ? parseCookieName(cookie) : null,
    mode: mode ? parseWord(mode, ['insert', 'rewrite', 'prefix']) : null,
    domain: domain ? parseDomain(domain) : null,
  };
  return Object.entries(results).flatMap(([key, result]) =>
    result === null || result.ok ? [] : [{ key, what: result.problem.what, hint: result.problem.hint }],
  );
}

function parseDomain(text: string): Result<string> {
  if (DOMAIN.test(text)) return ok(text);
  return problem('', `is ${JSON.stringify(text.slice(0, 80))}, not a domain`, 'write it like example.com');
}
