import type { Container } from '../model/index.ts';
import type { HostView, ServiceView } from './host-view.ts';
import type { Scope } from './scope.ts';

/** What a name is to an asker. */
export type NameMeaning =
  /** Its endpoints; more than one service only where two share a name. */
  | { readonly kind: 'service'; readonly services: readonly ServiceView[] }
  /** An external service by host name; the services' own addresses hold if the target has none. */
  | { readonly kind: 'cname'; readonly target: string; readonly services: readonly ServiceView[] }
  | { readonly kind: 'container'; readonly name: string; readonly containers: readonly Container[] }
  | { readonly kind: 'metadata' }
  /** A suffix itself. */
  | { readonly kind: 'apex' }
  /** It exists, since names end in it, and has no records (the domain of a stack). */
  | { readonly kind: 'empty' }
  /** Ours, and there is no such name: NXDOMAIN. Single labels are always ours. */
  | { readonly kind: 'unknown' }
  /** Somebody else's: ask upstream. */
  | { readonly kind: 'foreign' };

export interface NameLookup {
  /** Where a negative answer has its SOA: our suffix (lower case, absolute), or `.` for names completed by search. */
  readonly zone: string;
  readonly meaning: NameMeaning;
}

/** `name` in any case; a trailing dot makes no difference: names without our suffix are searched for as the scope says. */
export function lookupName(_view: HostView, _scope: Scope, _name: string): NameLookup {
  throw new Error('not yet');
}
