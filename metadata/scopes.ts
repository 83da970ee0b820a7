import type { Host, HostState, Network } from '../model/index.ts';
import type { HostView } from '../view/index.ts';
import { sameItems } from './memo.ts';

/** What containers of one host take from it. Keeps its identity while that is the same. */
export interface HostScope {
  readonly hostId: string;
  readonly address: string | null;
  readonly networks: ReadonlyMap<string, Network>;
}

/** All hosts. Keeps its identity while every scope does. */
export type Scopes = ReadonlyMap<string, HostScope>;

/** The scopes of a view, with what did not change since `previous`. */
export function scopesOf(view: HostView, previous: Scopes | null): Scopes {
  const scopes = new Map<string, HostScope>();
  for (const [hostId, state] of view.snapshot.hosts) scopes.set(hostId, scopeOf(hostId, state, previous?.get(hostId)));
  return previous && sameItems([...previous.values()], [...scopes.values()]) ? previous : scopes;
}

function scopeOf(hostId: string, { host, networks }: HostState, previous: HostScope | undefined): HostScope {
  const address = addressOf(host);
  if (previous && previous.address === address && previous.networks === networks) return previous;
  return { hostId, address, networks };
}

function addressOf(host: Host | null): string | null {
  return host?.address ?? null;
}
