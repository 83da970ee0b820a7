import type { Clock, Log } from '../../../system/index.ts';
import { containerFromInspect } from '../convert/container.ts';
import { describeContainer } from '../convert/describe-container.ts';
import type { Inspect } from '../engine/schema.ts';
import type { SessionHolder } from '../engine/session.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerStore } from './container-store.ts';
import { createSingleFlight } from './single-flight.ts';

export interface InspectorDependencies {
  readonly containers: ContainerStore;
  readonly session: SessionHolder;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a look failed: the next comparison with the list repeats it. */
  readonly onFailure: () => void;
}

/**
 * Looks closely at one container and publishes its fact; resolves when a look that began after the call is done. Never
 * rejects. Many at a time, as Docker answers for a container that is being started only after its start.
 */
export type Inspector = (id: string) => Promise<void>;

export function createInspector(dependencies: InspectorDependencies): Inspector {
  const { containers, session, clock, log, onFailure } = dependencies;
  const look = async (id: string): Promise<void> => {
    const record = containers.get(id);
    if (!record || !session.connected()) return;
    const { api, signal } = session.current();
    const { endings } = record;
    try {
      const inspect = await api.inspect(id, signal);
      if (inspect === null) containers.remove(id);
      // Something ended meanwhile: this answer may be older, and another look is already asked for.
      else if (record.endings === endings) take(record, inspect);
    } catch (error) {
      record.inspectedAt = null;
      if (signal.aborted) return;
      record.inspectProblem = failedInspect(record, error);
      onFailure();
    }
  };
  const take = (record: ContainerRecord, inspect: Inspect): void => {
    const active = inspect.State.Status === 'running' || inspect.State.Status === 'paused';
    if (active) record.pending.clear();
    record.inspectedAt = clock.monotonic();
    record.processId = active ? inspect.State.Pid || null : null;
    record.stopSignal = inspect.Config.StopSignal ?? null;
    record.resolvConfPath = inspect.ResolvConfPath || null;
    record.resolvConfHidden = hidesResolvConf(inspect);
    record.inspectProblem = null;
    takeLabels(record, inspect);
    containers.publish(record, containerFromInspect(inspect, containers.contextOf(record)));
  };
  const takeLabels = (record: ContainerRecord, { Id: id, Name: name, Config }: Inspect): void => {
    const problem = describeContainer({ id, name, labels: Config.Labels }).problems[0] ?? null;
    if (problem && problem.what !== record.labelProblem?.what) log.warn({ problem }, 'a container has bad labels');
    record.labelProblem = problem;
  };
  return createSingleFlight(look, { concurrency: 64 });
}

function hidesResolvConf({ Mounts }: Inspect): boolean {
  return Mounts.some(({ Destination }) => Destination === '/etc/resolv.conf' || Destination === '/etc');
}

function failedInspect(record: ContainerRecord, error: unknown) {
  const name = record.container?.name ?? record.sketch?.name ?? '';
  return {
    subject: `container ${record.id.slice(0, 12)} ${name}`.trim(),
    what: `Docker did not let us look at it: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Drover tries again by itself; if it stays, try `docker inspect` on it and look at the log of dockerd',
  };
}
