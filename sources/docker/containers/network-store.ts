import type { FactsPart } from '../../../facts/index.ts';
import {
  type Cidr,
  cidrContains,
  type JsonValue,
  type Network,
  parseAddress,
  parseCidr,
} from '../../../model/index.ts';
import { type NetworkContext, networkFromInspect } from '../convert/network.ts';
import type { NetworkInspect } from '../engine/schema.ts';

/** The networks of this host as facts. */
export interface NetworkStore {
  publish(inspect: NetworkInspect): void;
  remove(id: string): void;
  /** Takes a complete list: networks that are not in it are removed. */
  replace(inspects: readonly NetworkInspect[]): void;
  /** Networks with a subnet that contains the address. */
  containing(address: string): readonly Network[];
}

const NETWORK_KEY = 'network/';

export function createNetworkStore(store: FactsPart, context: NetworkContext): NetworkStore {
  const networks = new Map<string, Network>();
  for (const [key, value] of store.facts())
    if (key.startsWith(NETWORK_KEY)) networks.set(key.slice(NETWORK_KEY.length), value as unknown as Network);

  const publish = (inspect: NetworkInspect): void => {
    // A template for other networks (macvlan in Swarm), not a network itself.
    if (inspect.ConfigOnly) return;
    const network = networkFromInspect(inspect, context);
    networks.set(network.id, network);
    store.set(`${NETWORK_KEY}${network.id}`, network as unknown as JsonValue);
  };
  const remove = (id: string): void => {
    networks.delete(id);
    store.set(`${NETWORK_KEY}${id}`, null);
  };
  return {
    publish,
    remove,
    replace: (inspects) => {
      const ids = new Set(inspects.map(({ Id }) => Id));
      for (const id of [...networks.keys()]) if (!ids.has(id)) remove(id);
      for (const inspect of inspects) publish(inspect);
    },
    containing: (text) => {
      const address = parseAddress(text);
      if (!address.ok) return [];
      const contains = (cidr: Cidr): boolean => cidrContains(cidr, address.value);
      return [...networks.values()].filter(({ subnets }) => cidrsOf(subnets).some(contains));
    },
  };
}

function cidrsOf(subnets: readonly string[]): readonly Cidr[] {
  return subnets.flatMap((subnet) => {
    const parsed = parseCidr(subnet);
    return parsed.ok ? [parsed.value] : [];
  });
}
