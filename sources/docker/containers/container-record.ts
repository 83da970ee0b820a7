import type { Container, ContainerAddress, ContainerExit, Problem } from '../../../model/index.ts';
import type { UnusualAliases } from '../convert/addresses.ts';
import type { Links } from '../convert/container.ts';
import type { Sketch } from '../convert/sketch.ts';
import { parseSignal, SIGKILL, SIGTERM, stopPatienceMs } from '../convert/stop-signal.ts';

/** What the source knows of one container. */
export interface ContainerRecord {
  readonly id: string;
  sketch: Sketch | null;
  /** Its fact; null: none was published yet. */
  container: Container | null;
  /** What its links name, as last inspected; empty: it has none. */
  links: Links;
  /** Its aliases, as last inspected: the networks do not tell them. */
  aliases: UnusualAliases;
  /** Number of events. An answer to a request from before the newest event may be older than that event. */
  events: number;
  /** Number of events that ended an address. */
  endings: number;
  /**
   * Network id -> the address that the network reports and the container does not: of a start in progress, or on the network
   * through which a Swarm task leaves its host (docker_gwbridge). Entries for `host` and `none` have no address and mark the start.
   */
  readonly pending: Map<string, ContainerAddress>;
  /** Signal -> when it was last sent, milliseconds since the epoch by Docker's clock. */
  readonly signals: Map<number, number>;
  stopSignal: string | null;
  /** It counts as stopping although it was sent no signal: see `DockerSource.retire`. */
  isRetired: boolean;
  /** It counts as stopping for this long after its stop signal. */
  stopPatienceMs: number;
  /** When it is inspected because it may have survived its stop signal, milliseconds since the epoch; null: not planned. */
  stopEndsAtMs: number | null;
  /** Id of its first process, as reported by Docker; null while it has none. */
  processId: number | null;
  /** Names of its networks, also before its start. */
  networks: readonly string[];
  resolvConfPath: string | null;
  /** A volume hides Docker's resolv.conf from the container. */
  resolvConfHidden: boolean;
  /** Monotonic time of the last inspection; null: inspect again at the next comparison with the list. */
  inspectedAt: number | null;
  labelProblems: readonly Problem[];
  inspectProblem: Problem | null;
}

/** Shared, because there is a record for each container. */
const NO_PROBLEMS: readonly Problem[] = [];

export function createRecord(id: string, container: Container | null = null): ContainerRecord {
  return {
    id,
    sketch: null,
    container,
    links: NONE,
    aliases: NONE,
    events: 0,
    endings: 0,
    pending: new Map(),
    signals: new Map(),
    stopSignal: null,
    isRetired: false,
    stopPatienceMs: stopPatienceMs(null),
    stopEndsAtMs: null,
    processId: null,
    networks: [],
    resolvConfPath: null,
    resolvConfHidden: false,
    inspectedAt: null,
    labelProblems: NO_PROBLEMS,
    inspectProblem: null,
  };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** When it was last sent its own stop signal or SIGKILL. */
export function stopSignalledAtMs(record: ContainerRecord, stopSignal: string | null): number | null {
  const own = stopSignal ? (parseSignal(stopSignal) ?? SIGTERM) : SIGTERM;
  const times = [record.signals.get(own), record.signals.get(SIGKILL)].filter((time) => time !== undefined);
  return times.length > 0 ? Math.max(...times) : null;
}

/** The fact of a container whose processes have ended, from the event alone: it no longer has addresses. */
export function endedContainer(container: Container, exit: ContainerExit | null): Container {
  return { ...container, state: 'stopped', health: null, exit, addresses: [], ports: [] };
}

/** Whether an event is from before the last start: it was late or repeated. */
export function isOfEarlierLife(container: Container | null, timeMs: number): boolean {
  return container?.startedAtMs != null && timeMs < container.startedAtMs;
}
