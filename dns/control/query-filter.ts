import { isIP } from 'node:net';
import { ok, plainAddress, problem, type Result } from '../../model/index.ts';
import type { Watch } from '../metrics/live-queries.ts';
import { rcodeName } from '../wire/codes.ts';

/** Which queries a client wants to see. */
export type QueryFilter = Pick<Watch, 'from' | 'wanted'>;

type AskerAt = (address: string) => { readonly label: string } | null;

const RCODES = new Set(Array.from({ length: 24 }, (_, code) => rcodeName(code)));

/** `from`: an address, or a container's name; `name`: a part of the name, or a pattern with `*`; `rcode` by name. */
export function parseQueryFilter(wanted: URLSearchParams, askerAt: AskerAt): Result<QueryFilter> {
  const rcode = wanted.get('rcode')?.toUpperCase() ?? null;
  if (rcode !== null && !RCODES.has(rcode)) {
    return problem(`rcode ${rcode}`, 'does not exist', `use one of ${[...RCODES].slice(0, 6).join(', ')}`);
  }
  const matches = nameMatcher(wanted.get('name'));
  return ok({
    from: fromMatcher(wanted.get('from'), askerAt),
    wanted: (seen) =>
      (rcode === null || rcodeName(seen.rcode) === rcode) && matches(seen.details.query?.name.toLowerCase() ?? ''),
  });
}

function fromMatcher(from: string | null, askerAt: AskerAt): QueryFilter['from'] {
  if (from === null || from === '') return null;
  if (isIP(from) !== 0) {
    const wanted = plainAddress(from);
    return (address) => address === wanted;
  }
  return (address) => askerAt(address)?.label === from;
}

function nameMatcher(pattern: string | null): (name: string) => boolean {
  const wanted = (pattern ?? '').toLowerCase().replace(/\.$/, '');
  if (wanted === '') return () => true;
  if (!wanted.includes('*')) return (name) => name.includes(wanted);
  const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const whole = new RegExp(`^${parts.join('.*')}$`);
  return (name) => whole.test(name);
}
