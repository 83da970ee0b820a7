import { addressOf, sortAddresses } from '../convert/addresses.ts';
import { startingContainer } from '../convert/sketch.ts';
import { isActive } from '../convert/state.ts';
import { sketchOf } from '../convert/summary.ts';
import type { NetworkInspect } from '../engine/schema.ts';
import type { SessionHolder } from '../engine/session.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerStore } from './container-store.ts';
import type { NetworkStore } from './network-store.ts';
import { createSingleFlight } from './single-flight.ts';

export interface StartingAddressesDependencies {
  readonly containers: ContainerStore;
  readonly networks: NetworkStore;
  readonly session: SessionHolder;
}

/**
 * Addresses of containers that are being started: Docker answers for such a container only after its start, but for its
 * networks at once.
 */
export interface StartingAddresses {
  /** The network as it is now, published as a fact; null: it is gone. */
  look(networkId: string): Promise<NetworkInspect | null>;
  /** Gives the container the address that its network says it has, if it has one; true: it has. */
  adopt(containerId: string, networkId: string): Promise<boolean>;
  /** Takes back what `adopt` gave and the networks no longer say. */
  verify(record: ContainerRecord): Promise<void>;
}

export function createStartingAddresses({
  containers,
  networks,
  session,
}: StartingAddressesDependencies): StartingAddresses {
  const look = createSingleFlight(
    async (networkId) => {
      const { api, signal } = session.current();
      const inspect = await api.network(networkId, signal);
      if (inspect) networks.publish(inspect);
      return inspect;
    },
    { concurrency: 16 },
  );

  const adopt = async (containerId: string, networkId: string): Promise<boolean> => {
    const record = containers.ensure(containerId);
    const { endings } = record;
    const network = await look(networkId);
    const member = network?.Containers[containerId];
    if (!network || !member) return false;
    if (!record.container && !record.sketch) await sketch(record);
    // It ended while we looked: what we saw may be older than that.
    if (record.endings !== endings || (!record.container && !record.sketch)) return false;
    const raw = { ipv4: member.IPv4Address, ipv6: member.IPv6Address, mac: member.MacAddress };
    const address = addressOf(networkId, network.Name, raw);
    give(record, address);
    return true;
  };

  const give = (record: ContainerRecord, address: ReturnType<typeof addressOf>): void => {
    const { container } = record;
    if (container && isActive(container.state)) {
      const others = container.addresses.filter(({ networkId }) => networkId !== address.networkId);
      containers.publish(record, { ...container, addresses: sortAddresses([...others, address]) });
      return;
    }
    record.pending.set(address.networkId, address);
    publishStarting(record);
  };

  const publishStarting = (record: ContainerRecord): void => {
    const known = record.sketch ?? record.container;
    if (known) containers.publish(record, startingContainer(known, containers.contextOf(record)));
  };

  /** The list answers without waiting for a start. */
  const sketch = async (record: ContainerRecord): Promise<void> => {
    const { api, signal } = session.current();
    const { summaries } = await api.list(signal, record.id);
    const summary = summaries.find(({ Id }) => Id === record.id);
    if (summary) record.sketch = sketchOf(summary);
  };

  const verify = async (record: ContainerRecord): Promise<void> => {
    const { endings } = record;
    for (const networkId of [...record.pending.keys()]) {
      const network = await look(networkId);
      if (record.endings !== endings) return;
      if (!network?.Containers[record.id]) record.pending.delete(networkId);
    }
  };

  return { look, adopt, verify };
}
