import type { DockerEvent } from '../engine/docker-event.ts';
import { type ContainerRecord, endedContainer, isOfEarlierLife, stopSignalledAtMs } from './container-record.ts';
import type { ContainerStore } from './container-store.ts';
import type { Inspector } from './inspector.ts';
import type { NetworkStore } from './network-store.ts';
import type { StartingAddresses } from './starting-addresses.ts';

export interface EventSinkDependencies {
  readonly containers: ContainerStore;
  readonly networks: NetworkStore;
  readonly starting: StartingAddresses;
  readonly inspect: Inspector;
  /** Called when a request that an event led to has failed. */
  readonly onFailure: () => void;
}

type ContainerEvent = Extract<DockerEvent, { kind: 'container' }>;
type NetworkEvent = Extract<DockerEvent, { kind: 'network' }>;

/**
 * Processes events. The end of a process, a network connection or a container takes effect at once, by the event alone. After any
 * other event one container or one network is inspected, never the list.
 */
export function createEventSink(dependencies: EventSinkDependencies): (event: DockerEvent) => void {
  const { containers, networks, starting, inspect, onFailure } = dependencies;

  const onContainer = (event: ContainerEvent): void => {
    if (event.action === 'destroy') {
      containers.remove(event.id);
      return;
    }
    const record = containers.ensure(event.id);
    record.events += 1;
    if (event.action === 'create') record.sketch ??= sketchOfEvent(event);
    if (event.action === 'kill') onSignal(record, event);
    if (event.action === 'die') end(record, event);
    void inspect(event.id);
  };

  const onSignal = (record: ContainerRecord, event: ContainerEvent): void => {
    const signal = Number(event.attributes.signal);
    if (!Number.isInteger(signal) || signal < 1 || signal > 64) return;
    record.signals.set(signal, Math.max(record.signals.get(signal) ?? 0, event.timeMs));
    const { container } = record;
    const stopping = (stopSignalledAtMs(record, record.stopSignal) ?? 0) > (container?.startedAtMs ?? 0);
    // Before the first inspection its stop signal is not known. That inspection is in progress.
    if (record.inspectedAt === null || container?.state !== 'running' || !stopping) return;
    containers.publish(record, { ...container, state: 'stopping' });
  };

  const end = (record: ContainerRecord, { timeMs, attributes }: ContainerEvent): void => {
    if (isOfEarlierLife(record.container, timeMs)) return;
    record.endings += 1;
    record.processId = null;
    record.pending.clear();
    const code = Number.parseInt(attributes.exitCode ?? '', 10);
    const exit = Number.isInteger(code) ? { code, atMs: timeMs } : null;
    if (record.container) containers.publish(record, endedContainer(record.container, exit));
  };

  const onNetwork = (event: NetworkEvent): void => {
    const { action, networkId, containerId } = event;
    if (action === 'destroy' || action === 'remove') networks.remove(networkId);
    else if (containerId === null) starting.look(networkId).catch(onFailure);
    else if (action === 'connect') connect(containerId, event);
    else if (action === 'disconnect') disconnect(containerId, event);
  };

  const connect = (containerId: string, event: NetworkEvent): void => {
    containers.ensure(containerId).events += 1;
    starting.adopt(containerId, event.networkId).catch(onFailure);
    void inspect(containerId);
  };

  const disconnect = (containerId: string, { networkId, timeMs }: NetworkEvent): void => {
    const record = containers.get(containerId);
    if (!record) return;
    record.events += 1;
    if (!isOfEarlierLife(record.container, timeMs)) leave(record, networkId);
    void inspect(containerId);
  };

  const leave = (record: ContainerRecord, networkId: string): void => {
    record.endings += 1;
    record.pending.delete(networkId);
    const { container } = record;
    if (!container) return;
    const addresses = container.addresses.filter((address) => address.networkId !== networkId);
    containers.publish(record, { ...container, addresses });
  };

  return (event) => (event.kind === 'container' ? onContainer(event) : onNetwork(event));
}

/** The attributes of a create event are the labels, the name and the image. */
function sketchOfEvent({ id, attributes, timeMs }: ContainerEvent) {
  const { name = '', image = '', ...labels } = attributes;
  return { id, name, image, labels, createdAtMs: timeMs };
}
