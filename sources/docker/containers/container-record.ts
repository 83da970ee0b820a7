import type { Container, ContainerAddress, ContainerExit, Problem } from '../../../model/index.ts';
import type { Sketch } from '../convert/sketch.ts';
import { parseSignal, SIGKILL, SIGTERM } from '../convert/stop-signal.ts';

/** What the source remembers of one container between two answers of Docker. */
export interface ContainerRecord {
  readonly id: string;
  sketch: Sketch | null;
  /** Its fact; null: nothing was said about it yet. */
  container: Container | null;
  /** Grows with each event: what was asked before the newest event may be older than it. */
  events: number;
  /** Grows with each event that ends an address. */
  endings: number;
  /** Network id -> what it got there for a start that is under way; on `host` and `none` no address, but a start. */
  readonly pending: Map<string, ContainerAddress>;
  /** Signal -> when it was last sent, milliseconds since the epoch by Docker's clock. */
  readonly signals: Map<number, number>;
  stopSignal: string | null;
  /** Of its first process, by Docker's count; null while it has none. */
  processId: number | null;
  resolvConfPath: string | null;
  /** A volume hides Docker's resolv.conf from the container. */
  resolvConfHidden: boolean;
  /** Monotonic time of the last look; null: look again at the next opportunity. */
  inspectedAt: number | null;
  labelProblem: Problem | null;
  inspectProblem: Problem | null;
}

export function createRecord(id: string, container: Container | null = null): ContainerRecord {
  return {
    id,
    sketch: null,
    container,
    events: 0,
    endings: 0,
    pending: new Map(),
    signals: new Map(),
    stopSignal: null,
    processId: null,
    resolvConfPath: null,
    resolvConfHidden: false,
    inspectedAt: null,
    labelProblem: null,
    inspectProblem: null,
  };
}

/** When it was last sent a signal that ends it: its own stop signal or SIGKILL. */
export function stopSignalledAtMs(record: ContainerRecord, stopSignal: string | null): number | null {
  const own = stopSignal ? (parseSignal(stopSignal) ?? SIGTERM) : SIGTERM;
  const times = [record.signals.get(own), record.signals.get(SIGKILL)].filter((time) => time !== undefined);
  return times.length > 0 ? Math.max(...times) : null;
}

/** The fact of a container whose processes are gone, from the event alone: it owns no address any more. */
export function endedContainer(container: Container, exit: ContainerExit | null): Container {
  return { ...container, state: 'stopped', health: null, exit, addresses: [], ports: [] };
}

/** Whether an event is of a life before the present one: it came late, or twice. */
export function isOfEarlierLife(container: Container | null, timeMs: number): boolean {
  return container?.startedAtMs != null && timeMs < container.startedAtMs;
}
