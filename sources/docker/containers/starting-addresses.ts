import { addressOf, sortAddresses, withAliases } from '../convert/addresses.ts';
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
 * Addresses that only a network reports. Docker inspects a starting container only after its start, but its networks at once.
 * A Swarm task sends through docker_gwbridge, which its inspection never lists.
 */
export interface StartingAddresses {
  /** Inspects a network and publishes its fact; null: it does not exist. */
  look(networkId: string): Promise<NetworkInspect | null>;
  /** Publishes the address that a container has according to its network. False: it has none there. */
  adopt(containerId: string, networkId: string): Promise<boolean>;
  /** Removes adopted addresses that the networks no longer report. */
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
    // An address ended during the request, so the answer may be outdated.
    if (record.endings !== endings || (!record.container && !record.sketch)) return false;
    const raw = { ipv4: member.IPv4Address, ipv6: member.IPv6Address, mac: member.MacAddress };
    give(record, withAliases(addressOf(networkId, network.Name, raw), record.aliases));
    return true;
  };

  const give = (record: ContainerRecord, address: ReturnType<typeof addressOf>): void => {
    const { container } = record;
    record.pending.set(address.networkId, address);
    if (container && isActive(container.state)) {
      const others = container.addresses.filter(({ networkId }) => networkId !== address.networkId);
      containers.publish(record, { ...container, addresses: sortAddresses([...others, address]) });
      return;
    }
    publishStarting(record);
  };

  const publishStarting = (record: ContainerRecord): void => {
    const known = record.sketch ?? record.container;
    if (known) containers.publish(record, startingContainer(known, containers.contextOf(record)));
  };

  /** Unlike an inspection, the list does not wait for the start. */
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
