import { join } from 'node:path';
import { compareText } from '../../model/index.ts';
import { createWakeUp } from '../../system/index.ts';
import { type ContainerStore, createContainerStore } from './containers/container-store.ts';
import { createEventSink } from './containers/event-sink.ts';
import { createIdentify } from './containers/identify.ts';
import { createInspector, type Inspector } from './containers/inspector.ts';
import { createNetworkStore } from './containers/network-store.ts';
import { createStartingAddresses } from './containers/starting-addresses.ts';
import { createSync } from './containers/sync.ts';
import { createConversation } from './conversation.ts';
import { isActive } from './convert/state.ts';
import type { DockerSource, DockerSourceDependencies, DockerSourceOptions } from './docker-source.ts';
import { createConnection } from './engine/connection.ts';
import type { Info } from './engine/schema.ts';
import { createSessionHolder } from './engine/session.ts';

const CONNECTION = { requestTimeoutMs: 10_000, firstWaitMs: 50, longestWaitMs: 2000 };
const SYNC = { patienceMs: 2000, auditSize: 100 };
const IDENTIFY = { limitMs: 250, unknownMs: 250, maxLooks: 256 };

/** A source for one Docker Engine; nothing happens before `run`. */
export function createDockerSource(deps: DockerSourceDependencies, options: DockerSourceOptions): DockerSource {
  const { facts, clock, log } = deps;
  const session = createSessionHolder();
  const wakeUp = createWakeUp(clock);
  const onFailure = wakeUp.wake;
  const containers = createContainerStore(facts, { ...options, now: clock.now });
  const networks = createNetworkStore(facts, options);
  const starting = createStartingAddresses({ containers, networks, session });
  const inspect = createInspector({ containers, session, clock, log, onFailure });
  const connection = createConnection(deps, CONNECTION);
  const machine = createMachine(deps);
  const conversation = createConversation(
    {
      ...deps,
      session,
      sync: createSync({ containers, networks, starting, inspect, session, clock }, SYNC),
      sink: createEventSink({ containers, networks, starting, inspect, onFailure }),
      onInfo: machine.take,
      onEstablished: connection.established,
      wakeUp,
    },
    options,
  );
  return {
    run: (signal) => connection.run(conversation.converse, signal),
    identify: createIdentify({ containers, networks, starting, inspect, clock }, IDENTIFY),
    resolvConfPath: (id) => resolvConfPath(containers, machine.dataRoot(), id),
    processId: (id) => containers.get(id)?.processId ?? null,
    networksOf: (id) => containers.get(id)?.networks ?? [],
    retire: (id) => retire({ containers, inspect }, id),
    isConnected: () => connection.status().connected,
    isComplete: () => conversation.lastSyncMs() !== null,
    status: () => ({
      ...connection.status(),
      lastSyncMs: conversation.lastSyncMs(),
      containers: containers.size,
      badInputs: [...containers.problems(), ...conversation.problems()].toSorted((a, b) =>
        compareText(a.subject, b.subject),
      ),
    }),
  };
}

function retire({ containers, inspect }: { containers: ContainerStore; inspect: Inspector }, id: string): () => void {
  const record = containers.get(id);
  if (!record) return () => {};
  record.isRetired = true;
  const { container } = record;
  if (container?.state === 'running') containers.publish(record, { ...container, state: 'stopping' });
  return () => {
    record.isRetired = false;
    void inspect(id);
  };
}

/** What Docker reports about its machine. */
function createMachine({ setHost }: Pick<DockerSourceDependencies, 'setHost'>) {
  let dataRoot: string | null = null;
  return {
    dataRoot: () => dataRoot,
    take: ({ DockerRootDir, Name, NCPU, MemTotal }: Info): void => {
      dataRoot = DockerRootDir || dataRoot;
      setHost({
        ...(Name ? { hostname: Name } : {}),
        ...(NCPU ? { milliCpu: NCPU * 1000 } : {}),
        ...(MemTotal ? { memoryBytes: MemTotal } : {}),
      });
    },
  };
}

function resolvConfPath(containers: ContainerStore, dataRoot: string | null, id: string): string | null {
  const record = containers.get(id);
  if (!record?.container || record.resolvConfHidden) return null;
  if (record.resolvConfPath !== null || isActive(record.container.state)) return record.resolvConfPath;
  // Docker does not report the path before the first start, but the file will be there.
  return dataRoot === null ? null : join(dataRoot, 'containers', id, 'resolv.conf');
}
