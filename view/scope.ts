import type { Container } from '../model/index.ts';
import type { HostView } from './host-view.ts';

/** What a name of a link leads to. */
export type LinkTarget =
  | { readonly kind: 'service'; readonly key: string }
  | { readonly kind: 'container'; readonly container: Container };

/** What names mean to one asker. Null container: anybody else. */
export interface Scope {
  readonly container: Container | null;
  /** Where bare names are looked for, in order: lower case, absolute. */
  readonly search: readonly string[];
  /** Names only this asker has: links and their aliases, relative to the suffix (`database`, `database.db`). */
  readonly links: ReadonlyMap<string, LinkTarget>;
  /** Its own upstream resolvers, asked first. */
  readonly dns: readonly string[];
}

/** Give null for an asker that is not a container of this host. */
export function scopeOf(_view: HostView, _container: Container | null): Scope {
  throw new Error('not yet');
}

/** The search line of a container's resolv.conf. */
export interface SearchDomains {
  /** Lower case, without trailing dot, as resolv.conf has them. */
  readonly domains: readonly string[];
  /** Whether they go before or behind what the file already has (`io.rancher.container.dns.priority=service_last`). */
  readonly position: 'first' | 'last';
}

export function searchDomains(_view: HostView, _container: Container): SearchDomains {
  throw new Error('not yet');
}
