import { type HostView, type Scope, searchDomains } from '../../view/index.ts';
import { resolve } from '../answer/resolve.ts';
import type { ResolveOptions } from '../answer/resolve-context.ts';
import type { Question } from '../query/question.ts';
import type { Resolution } from '../query/resolution.ts';
import type { ClientQuery } from './explanation.ts';

/**
 * The queries of a program in the container that looks the name up through its resolv.conf: names without a dot with each search domain
 * first. It uses the first answer with records. Empty: not a container, or the name is absolute.
 */
export function clientQueries(
  view: HostView,
  scope: Scope,
  { name, type }: Question,
  options: ResolveOptions,
): readonly ClientQuery[] {
  if (scope.container === null || name === '' || name.endsWith('.')) return [];
  const completed = searchDomains(view, scope.container).domains.map((domain) => `${name}.${domain}`);
  const names = name.includes('.') ? [name, ...completed] : [...completed, name];
  const queries: ClientQuery[] = [];
  for (const one of names) {
    const resolution = resolve(view, scope, { name: one, type }, options);
    const used = hasRecords(resolution);
    queries.push({ name: one, result: resultOf(resolution), used });
    // An upstream decides whether there is another query.
    if (used || resolution.kind === 'forward') break;
  }
  return queries;
}

export function hasRecords({ kind }: Resolution): boolean {
  return kind !== 'nxdomain' && kind !== 'nodata' && kind !== 'forward' && kind !== 'failure';
}

function resultOf(resolution: Resolution): string {
  switch (resolution.kind) {
    case 'addresses':
      return resolution.addresses.join(' ');
    case 'nxdomain':
      return 'NXDOMAIN';
    case 'nodata':
      return 'no records';
    case 'forward':
      return 'forwarded';
    case 'failure':
      return 'SERVFAIL';
    default:
      return 'answered';
  }
}
