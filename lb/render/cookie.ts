import type { StickinessPolicy } from '../../model/index.ts';
import { shortHash } from './hash.ts';
import { UnwritableError } from './quote.ts';

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const DOMAIN = /^\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;
const MODES = ['insert', 'rewrite', 'prefix'];

/** The words after `cookie`. A policy without a cookie name gets one for each backend. */
export function cookieWords(policy: StickinessPolicy, backend: string): readonly string[] {
  const name = policy.cookie || `drover-${shortHash(backend).slice(0, 8)}`;
  const mode = policy.mode || 'insert';
  if (!TOKEN.test(name)) throw new UnwritableError(`"${name}" cannot be the name of a cookie`);
  if (!MODES.includes(mode))
    throw new UnwritableError(`the stickiness mode "${mode}" is not one of ${MODES.join(', ')}`);
  if (policy.domain && !DOMAIN.test(policy.domain)) throw new UnwritableError(`"${policy.domain}" is not a domain`);
  return [
    name,
    mode,
    // HAProxy refuses it with rewrite, which never adds a cookie.
    ...(policy.indirect && mode !== 'rewrite' ? ['indirect'] : []),
    ...(policy.nocache ? ['nocache'] : []),
    ...(policy.postonly ? ['postonly'] : []),
    ...(policy.domain ? ['domain', policy.domain] : []),
  ];
}
