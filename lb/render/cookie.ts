import { type StickinessPolicy, stickinessFaults } from '../../model/index.ts';
import { shortHash } from './hash.ts';
import { UnwritableError } from './quote.ts';

/** The words after `cookie`. A policy without a cookie name gets one for each backend. */
export function cookieWords(policy: StickinessPolicy, backend: string): readonly string[] {
  const name = policy.cookie || `drover-${shortHash(backend).slice(0, 8)}`;
  const mode = policy.mode?.toLowerCase() || 'insert';
  const [fault] = stickinessFaults(policy);
  if (fault) throw new UnwritableError(`${fault.key} ${fault.what}`);
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
