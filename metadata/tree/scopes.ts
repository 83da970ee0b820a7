import { draftMap, eachDifference, type Host, type HostState, type Network } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';

/** What containers of one host take from it. Keeps its identity while that is the same. */
export interface HostScope {
  readonly hostId: string;
  readonly address: string | null;
  readonly networks: ReadonlyMap<string, Network>;
}

/** All hosts. Keeps its identity while every scope does. */
export type Scopes = ReadonlyMap<string, HostScope>;

/** Gives the scopes of one view after another, with what did not change. */
export function createScopes(): (view: HostView) => Scopes {
  let hosts: ReadonlyMap<string, HostState> = new Map();
  let scopes: Scopes = new Map();
  return ({ snapshot }) => {
    const edited = draftMap(scopes);
    eachDifference(hosts, snapshot.hosts, (hostId, _before, after) => {
      if (after) edited.set(hostId, scopeOf(hostId, after, scopes.get(hostId)));
      else edited.delete(hostId);
    });
    hosts = snapshot.hosts;
    scopes = edited.result();
    return scopes;
  };
}

function scopeOf(hostId: string, { host, networks }: HostState, previous: HostScope | undefined): HostScope {
  const address = addressOf(host);
  if (previous && previous.address === address && previous.networks === networks) return previous;
  return { hostId, address, networks };
}

function addressOf(host: Host | null): string | null {
  return host?.address ?? null;
}
