import type { JsonValue, Network } from '../../../model/index.ts';
import { cidrContains, type NetworkContext, networkFromInspect } from '../convert/network.ts';
import type { NetworkInspect } from '../engine/schema.ts';
import type { FactStore } from '../fact-store.ts';

/** The networks of this host as facts. */
export interface NetworkStore {
  publish(inspect: NetworkInspect): void;
  remove(id: string): void;
  /** What Docker lists is all there is. */
  replace(inspects: readonly NetworkInspect[]): void;
  /** Networks a local address may be on. */
  containing(address: string): readonly Network[];
}

const NETWORK_KEY = 'network/';

export function createNetworkStore(store: FactStore, context: NetworkContext): NetworkStore {
  const publish = (inspect: NetworkInspect): void => {
    // A configuration for other networks (macvlan in Swarm), no network itself.
    if (inspect.ConfigOnly) return;
    store.set(`${NETWORK_KEY}${inspect.Id}`, networkFromInspect(inspect, context) as unknown as JsonValue);
  };
  const networks = (): Network[] =>
    [...store.facts()].filter(([key]) => key.startsWith(NETWORK_KEY)).map(([, value]) => value as unknown as Network);
  return {
    publish,
    remove: (id) => store.set(`${NETWORK_KEY}${id}`, null),
    replace: (inspects) => {
      const ids = new Set(inspects.map(({ Id }) => Id));
      for (const { id } of networks()) if (!ids.has(id)) store.set(`${NETWORK_KEY}${id}`, null);
      for (const inspect of inspects) publish(inspect);
    },
    containing: (address) => networks().filter(({ subnets }) => subnets.some((cidr) => cidrContains(cidr, address))),
  };
}
