import { nameKey, stackKey } from '../host-view/dependency-key.ts';
import { underSuffix, withoutDot } from '../host-view/domain-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import { nameNode } from '../host-view/names.ts';
import { parseServiceKey } from '../host-view/service-key.ts';
import type { Lookup } from './meaning.ts';
import type { Scope } from './scope.ts';
import { parseSpecialName } from './special-names.ts';

/**
 * Which names without a suffix the server completes with the asker's search list. `own`: single labels, and names whose last label
 * is a stack. `every`: all of them, as in Rancher.
 */
export type SearchMode = 'own' | 'every';

/** How a name is searched for, for operators. */
export interface SearchStory {
  /** The suffix that the name is below, without trailing dot; then no search list is needed. */
  readonly suffix: string | null;
  /** Whether the server completes the name with the search list. */
  readonly applies: boolean;
  readonly reason: string;
}

/** Whether the server completes a name, in any form, with the search list, and why. */
export function searchStory(view: HostView, scope: Scope, name: string, search: SearchMode = 'own'): SearchStory {
  const lookup = { view, scope, recorder: undefined };
  const plain = withoutDot(name);
  const under = underSuffix(view, plain);
  if (under) return { suffix: under.suffix, applies: false, reason: `it is below the suffix ${under.suffix}` };
  const rule = searchRule(lookup, plain, search);
  const special = rule.applies ? null : parseSpecialName(plain);
  const rest = special && searchRule(lookup, special.rest, search);
  if (special && rest?.applies) return { suffix: null, applies: true, reason: `as to ${special.rest}, ${rest.reason}` };
  return { suffix: null, ...rule };
}

/** Whether the search list is used for a name that is not below a suffix (lower case), and why, for operators. */
export function searchRule(
  lookup: Lookup,
  name: string,
  search: SearchMode,
): { readonly applies: boolean; readonly reason: string } {
  const { view, recorder } = lookup;
  if (name === '') return { applies: false, reason: 'the root has no search list' };
  if (search === 'every') return { applies: true, reason: 'the compatibility mode completes every name' };
  if (!name.includes('.')) return { applies: true, reason: 'it is a single label' };
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (PUBLIC_ENDS.has(last)) {
    return { applies: false, reason: `names in .${last} belong to the Internet, whatever the names of the stacks` };
  }
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const stack = name.slice(dot + 1);
    recorder?.depends(stackKey(stack));
    if (view.stacks.has(stack)) return { applies: true, reason: `it ends in the name of stack ${stack}` };
  }
  if (isOwnSidekick(lookup, name)) return { applies: true, reason: "it is a sidekick in the asker's own stack" };
  return { applies: false, reason: `it has dots, and ${last} is not a stack` };
}

/** Sidekicks such as `log.web`: musl's resolver does not search for names with dots, so the server has to. */
function isOwnSidekick(lookup: Lookup, name: string): boolean {
  const { view, recorder } = lookup;
  return candidates(lookup, name).some((relative) => {
    recorder?.depends(nameKey(relative));
    const services = nameNode(view, relative)?.services ?? [];
    return services.some((key) => parseServiceKey(key)?.inner.includes('/'));
  });
}

/** Stacks may have these names, too, but their short names must not shadow names such as google.com. */
const PUBLIC_ENDS: ReadonlySet<string> = new Set(['com', 'net', 'org', 'edu', 'gov', 'mil', 'arpa']);

/** The name below each search domain, relative to the suffix. */
export function candidates({ view, scope }: Lookup, name: string): readonly string[] {
  return scope.search.flatMap((domain) => {
    const relative = underSuffix(view, withoutDot(domain))?.relative;
    return relative === undefined ? [] : [relative === '' ? name : `${name}.${relative}`];
  });
}
