import type { Problem } from '../../../model/index.ts';
import type { Clock } from '../../../system/index.ts';
import { agrees, containerFromSummary, sketchOf } from '../convert/summary.ts';
import type { ContainerList } from '../engine/api.ts';
import type { Summary } from '../engine/schema.ts';
import type { SessionHolder } from '../engine/session.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerStore } from './container-store.ts';
import type { Inspector } from './inspector.ts';
import type { NetworkStore } from './network-store.ts';
import type { StartingAddresses } from './starting-addresses.ts';

export interface SyncDependencies {
  readonly containers: ContainerStore;
  readonly networks: NetworkStore;
  readonly starting: StartingAddresses;
  readonly inspect: Inspector;
  readonly session: SessionHolder;
  readonly clock: Clock;
}

export interface SyncOptions {
  /** A container that Docker does not inspect within this time is published from its list entry. */
  readonly patienceMs: number;
  /** Number of seemingly unchanged containers that are inspected anyway, those with the oldest inspection first. */
  readonly auditSize: number;
}

/**
 * Compares the facts with Docker's list: removes containers that are not in it, and inspects those that differ. Resolves with the
 * entries that cannot be parsed; rejects when Docker does not answer.
 */
export type Sync = () => Promise<readonly Problem[]>;

export function createSync(dependencies: SyncDependencies, { patienceMs, auditSize }: SyncOptions): Sync {
  const { containers, networks, starting, inspect, session, clock } = dependencies;

  return async () => {
    const { api, signal } = session.current();
    const before = new Map([...containers.all()].map((record) => [record, record.events]));
    const [networkList, list] = await Promise.all([api.networks(signal), api.list(signal)]);
    networks.replace(networkList);
    removeMissing(before, list);
    for (const summary of list.summaries) learn(summary);
    await verifyStarting();
    const chosen = choose(list.summaries, auditSize);
    const looks = Promise.all(chosen.map(({ Id }) => inspect(Id)));
    const patience = new AbortController();
    await Promise.race([looks, clock.sleep(patienceMs, AbortSignal.any([patience.signal, signal]))]).finally(() =>
      patience.abort(),
    );
    for (const summary of list.summaries) fallBack(summary);
    return list.unreadableIds.map(unreadable);
  };

  function removeMissing(before: ReadonlyMap<ContainerRecord, number>, list: ContainerList): void {
    const listed = new Set([...list.summaries.map(({ Id }) => Id), ...list.unreadableIds]);
    for (const [record, events] of before) {
      // After an event during the request, the record may be newer than the list.
      if (!listed.has(record.id) && record.events === events) containers.remove(record.id);
    }
  }

  function learn(summary: Summary): void {
    const record = containers.ensure(summary.Id);
    record.sketch ??= sketchOf(summary);
    containers.setName(summary.Id, sketchOf(summary).name);
  }

  async function verifyStarting(): Promise<void> {
    const withPending = [...containers.all()].filter(({ pending }) => pending.size > 0);
    await Promise.all(
      withPending.map(async (record) => {
        await starting.verify(record);
        if (record.pending.size === 0) record.inspectedAt = null;
      }),
    );
  }

  function choose(summaries: readonly Summary[], limit: number): readonly Summary[] {
    const agree = (summary: Summary): boolean => {
      const record = containers.get(summary.Id);
      if (!record?.container || record.inspectedAt === null) return false;
      // The list does not tell whether a container has survived its stop signal.
      if (record.container.state === 'stopping') return false;
      // The list has no address that only a network reports.
      const addresses = record.container.addresses.filter(({ networkId }) => !record.pending.has(networkId));
      return agrees({ ...record.container, addresses }, summary);
    };
    const age = ({ Id }: Summary): number => containers.get(Id)?.inspectedAt ?? 0;
    const audit = summaries.filter(agree).toSorted((a, b) => age(a) - age(b));
    return [...summaries.filter((summary) => !agree(summary)), ...audit.slice(0, limit)];
  }

  function fallBack(summary: Summary): void {
    const record = containers.get(summary.Id);
    if (!record || record.container) return;
    containers.publish(record, containerFromSummary(summary, containers.contextOf(record)));
  }
}

function unreadable(id: string): Problem {
  return {
    subject: `container ${id.slice(0, 12)}`,
    what: "its entry in Docker's list cannot be parsed; Drover keeps its last known state",
    hint: 'inspect it: `docker inspect`; restart dockerd if that fails, too',
  };
}
