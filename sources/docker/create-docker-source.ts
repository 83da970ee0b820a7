import { join } from 'node:path';
import type { FactMap } from '../../bus/index.ts';
import { compareText, type Host, type JsonValue, type Problem } from '../../model/index.ts';
import { createWakeUp } from '../../system/index.ts';
import { createContainerStore } from './containers/container-store.ts';
import { createEventSink } from './containers/event-sink.ts';
import { createIdentify } from './containers/identify.ts';
import { createInspector } from './containers/inspector.ts';
import { createNetworkStore } from './containers/network-store.ts';
import { createEndpoints } from './containers/starting-addresses.ts';
import { createSync } from './containers/sync.ts';
import { isActive } from './convert/state.ts';
import type { DockerSource, DockerSourceDependencies, DockerSourceOptions } from './docker-source.ts';
import type { DockerApi } from './engine/api.ts';
import { createConnection } from './engine/connection.ts';
import { linesOf, parseDockerEvent } from './engine/docker-event.ts';
import type { Info } from './engine/schema.ts';
import { createSessionHolder } from './engine/session.ts';
import { createFactStore } from './fact-store.ts';

const REQUEST_TIMEOUT_MS = 10_000;
/** However often somebody asks for another comparison with the list. */
const RESYNC_PAUSE_MS = 1000;
/** Before the first connection: far enough back to hear of a stop that is still under way. */
const FIRST_SINCE_MS = 30_000;

/** A source for one Docker Engine; nothing happens before `run`. */
export function createDockerSource(
  { docker, clock, log }: DockerSourceDependencies,
  options: DockerSourceOptions,
): DockerSource {
  const facts = createFactStore({ log }, options.initialFacts ?? new Map());
  const session = createSessionHolder();
  const wakeUp = createWakeUp(clock);
  const containers = createContainerStore(facts, {
    hostId: options.hostId,
    ourResolver: options.ourResolver,
    stopForgottenMs: 600_000,
    now: clock.now,
  });
  const networks = createNetworkStore(facts, options);
  const endpoints = createEndpoints({ containers, networks, session });
  const inspect = createInspector({ containers, session, clock, log, onFailure: wakeUp.wake });
  const sink = createEventSink({ containers, networks, endpoints, inspect, onFailure: wakeUp.wake });
  const sync = createSync(
    { containers, networks, endpoints, inspect, session, clock },
    { patienceMs: 2000, auditSize: 100 },
  );
  const connection = createConnection(
    { docker, clock, log },
    { requestTimeoutMs: REQUEST_TIMEOUT_MS, firstWaitMs: 50, longestWaitMs: 2000 },
  );
  const identify = createIdentify(
    { containers, networks, endpoints, inspect, clock },
    { limitMs: 250, strangerMs: 250, maxLooks: 256 },
  );

  let host = initialHost(facts.facts(), options);
  const setHost = (patch: Partial<Host>): void => {
    host = { ...host, ...patch };
    facts.set('host', host as unknown as JsonValue);
  };
  setHost({});

  let dataRoot: string | null = null;
  const takeInfo = (info: Info): void => {
    dataRoot = info.DockerRootDir || dataRoot;
    setHost({
      hostname: info.Name || host.hostname,
      milliCpu: info.NCPU ? info.NCPU * 1000 : host.milliCpu,
      memoryBytes: info.MemTotal || host.memoryBytes,
    });
  };

  let lastSyncMs: number | null = null;
  let lastEventMs = clock.now() - FIRST_SINCE_MS;
  let unreadable: readonly Problem[] = [];
  let eventProblem: Problem | null = null;

  const follow = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const line of linesOf(stream)) {
      try {
        const event = parseDockerEvent(line);
        if (!event) continue;
        lastEventMs = Math.max(lastEventMs, event.timeMs);
        sink(event);
      } catch (error) {
        // Whatever it was meant to say, the list says it too.
        if (eventProblem === null) log.warn({ err: error }, 'Docker sent an event that cannot be understood');
        eventProblem = badEvent(line, error);
        wakeUp.wake();
      }
    }
  };

  /** What is told before the first comparison is done waits for it: nobody shall take half of the facts for all. */
  let release = (): void => {};
  const holdUntilComplete = (): void => {
    if (lastSyncMs !== null) return;
    facts.hold();
    release = () => {
      release = () => {};
      facts.release();
    };
  };

  const keepInSync = async (api: DockerApi, signal: AbortSignal): Promise<never> => {
    takeInfo(await api.info(signal));
    for (;;) {
      eventProblem = null;
      unreadable = await sync();
      lastSyncMs = clock.now();
      release();
      connection.established();
      await wakeUp.wait(options.resyncIntervalMs, signal);
      await clock.sleep(RESYNC_PAUSE_MS, signal);
    }
  };

  const converse = async (api: DockerApi, outer: AbortSignal): Promise<void> => {
    const end = new AbortController();
    const signal = AbortSignal.any([outer, end.signal]);
    const stream = await api.events(lastEventMs, signal);
    session.set({ api, signal });
    holdUntilComplete();
    const parts = [follow(stream), keepInSync(api, signal)];
    try {
      await Promise.race(parts);
    } finally {
      session.set(null);
      release();
      end.abort();
      await Promise.allSettled(parts);
    }
  };

  return {
    run: (signal) => connection.run(converse, signal),
    facts: facts.facts,
    onChange: facts.onChange,
    identify,
    updateHost: setHost,
    resolvConfPath: (id) => {
      const record = containers.get(id);
      if (!record?.container || record.resolvConfHidden) return null;
      if (record.resolvConfPath !== null || isActive(record.container.state)) return record.resolvConfPath;
      // Before its first start Docker does not tell; it will be there.
      return dataRoot === null ? null : join(dataRoot, 'containers', id, 'resolv.conf');
    },
    processId: (id) => containers.get(id)?.processId ?? null,
    status: () => ({
      ...connection.status(),
      lastSyncMs,
      containers: containers.size,
      badInputs: [...containers.problems(), ...unreadable, ...(eventProblem ? [eventProblem] : [])].toSorted((a, b) =>
        compareText(a.subject, b.subject),
      ),
    }),
  };
}

function initialHost(facts: FactMap, options: DockerSourceOptions): Host {
  const before = facts.get('host') as unknown as Host | undefined;
  return {
    hostname: before?.hostname ?? options.hostName,
    milliCpu: before?.milliCpu ?? null,
    memoryBytes: before?.memoryBytes ?? null,
    localStorageMb: null,
    subnets: before?.subnets ?? [],
    incarnation: before?.incarnation ?? 0,
    id: options.hostId,
    name: options.hostName,
    address: options.hostAddress,
    labels: options.hostLabels,
    agentVersion: options.agentVersion,
  };
}

function badEvent(line: string, error: unknown): Problem {
  return {
    subject: 'events of Docker',
    what: `a line of ${line.length} characters cannot be understood: ${error instanceof Error ? error.message : error}`,
    hint: 'nothing is lost: the list was read again; check what stands between Drover and dockerd if it stays',
  };
}
