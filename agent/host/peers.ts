import type { Host, HostState } from '../../model/index.ts';

/** All other hosts of the environment whose own fact has arrived, also those that are down. */
export function peersOf(hosts: ReadonlyMap<string, HostState>, ownHostId: string): readonly Host[] {
  return [...hosts.values()].flatMap(({ host }) => (host && host.id !== ownHostId ? [host] : []));
}
