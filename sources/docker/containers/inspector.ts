import type { Problem } from '../../../model/index.ts';
import type { Clock, Log } from '../../../system/index.ts';
import { unusualAliases } from '../convert/addresses.ts';
import { containerFromInspect, linksOf } from '../convert/container.ts';
import { describeContainer } from '../convert/describe-container.ts';
import { stopPatienceMs } from '../convert/stop-signal.ts';
import type { Inspect } from '../engine/schema.ts';
import type { SessionHolder } from '../engine/session.ts';
import { type ContainerRecord, stopSignalledAtMs } from './container-record.ts';
import type { ContainerStore } from './container-store.ts';
import { createSingleFlight } from './single-flight.ts';

export interface InspectorDependencies {
  readonly containers: ContainerStore;
  readonly session: SessionHolder;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when an inspection failed; the next comparison with the list repeats it. */
  readonly onFailure: () => void;
}

/**
 * Inspects one container and publishes its fact; resolves after an inspection that began after the call. Never rejects. Many run at
 * a time, because Docker answers for a starting container only after its start.
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
      // An address ended during the request, so the answer may be outdated. Another inspection is requested already.
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
    if (active) for (const id of networkIdsOf(inspect)) record.pending.delete(id);
    record.inspectedAt = clock.monotonic();
    record.processId = active ? inspect.State.Pid || null : null;
    record.stopSignal = inspect.Config.StopSignal ?? null;
    record.stopPatienceMs = stopPatienceMs(inspect.Config.StopTimeout);
    record.networks = Object.keys(inspect.NetworkSettings.Networks).sort();
    record.resolvConfPath = inspect.ResolvConfPath || null;
    record.resolvConfHidden = hidesResolvConf(inspect);
    record.inspectProblem = null;
    takeLabels(record, inspect);
    const container = containerFromInspect(inspect, containers.contextOf(record));
    record.links = linksOf(inspect);
    record.aliases = unusualAliases(container, inspect.NetworkSettings.Networks, active);
    containers.publish(record, container);
    if (container.state === 'stopping' && !record.isRetired) lookAgainAfterStop(record);
  };
  /** A container that survives its stop signal sends no event. */
  const lookAgainAfterStop = (record: ContainerRecord): void => {
    const endsAtMs = (stopSignalledAtMs(record, record.stopSignal) ?? 0) + record.stopPatienceMs;
    if (!session.connected() || record.stopEndsAtMs === endsAtMs) return;
    record.stopEndsAtMs = endsAtMs;
    const over = clock.sleep(Math.max(0, endsAtMs - clock.now()), session.current().signal).finally(() => {
      record.stopEndsAtMs = null;
    });
    over.then(
      () => inspect(record.id),
      () => {},
    );
  };
  const takeLabels = (record: ContainerRecord, { Id: id, Name: name, Config }: Inspect): void => {
    const { problems } = describeContainer({ id, name, labels: Config.Labels });
    const isNew = ({ what }: Problem) => !record.labelProblems.some((known) => known.what === what);
    for (const problem of problems.filter(isNew)) log.warn({ problem }, 'a container has bad labels');
    if (problems.length > 0 || record.labelProblems.length > 0) record.labelProblems = problems;
  };
  const inspect = createSingleFlight(look, { concurrency: 64 });
  return inspect;
}

function networkIdsOf({ NetworkSettings }: Inspect): readonly string[] {
  return Object.values(NetworkSettings.Networks).map(({ NetworkID }) => NetworkID ?? '');
}

function hidesResolvConf({ Mounts }: Inspect): boolean {
  return Mounts.some(({ Destination }) => Destination === '/etc/resolv.conf' || Destination === '/etc');
}

function failedInspect(record: ContainerRecord, error: unknown) {
  const name = record.container?.name ?? record.sketch?.name ?? '';
  return {
    subject: `container ${record.id.slice(0, 12)} ${name}`.trim(),
    what: `Docker cannot inspect it: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'no action needed, Drover retries automatically; if this persists, try `docker inspect` and read the log of dockerd',
  };
}
