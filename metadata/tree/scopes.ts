import { draftMap, eachDifference, type Host, type HostState, type Network } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';

/** What the container objects of a host show of that host. The same value while none of it changes. */
export interface HostScope {
  readonly hostId: string;
  readonly address: string | null;
  readonly networks: ReadonlyMap<string, Network>;
}

/** The scopes of all hosts. The same value while no scope changes. */
export type Scopes = ReadonlyMap<string, HostScope>;

/** Returns the scopes of successive views. Scopes that did not change are reused. */
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
