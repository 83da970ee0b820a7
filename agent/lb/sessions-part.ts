import type { FactsPart } from '../../facts/index.ts';
import { drainSessions, type LoadBalancer } from '../../lb/index.ts';
import { drainingIn, SESSIONS_FACT } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Part } from '../parts/part.ts';

export interface SessionsSources {
  readonly clock: Clock;
  readonly balancer: Pick<LoadBalancer, 'component' | 'readStat' | 'readOldStat' | 'status'>;
  readonly view: () => HostView;
  /** Owns the fact `sessions`; starts with the one of an earlier agent. */
  readonly facts: Pick<FactsPart, 'get' | 'set'>;
}

const INTERVAL_MS = 1_000;
/** An agent that starts has not adopted the HAProxy of the earlier one yet, which goes on with its sessions. */
const KEPT_MS = 10_000;

/** Reports the sessions that the load balancer of this host has with containers that are draining. */
export function sessionsPart(sources: SessionsSources): Part {
  const { clock, facts, balancer } = sources;
  return async (signal, report) => {
    let busyAt = facts.get(SESSIONS_FACT) === null ? Number.NEGATIVE_INFINITY : clock.monotonic();
    while (!signal.aborted) {
      if (balancer.status().state !== 'idle') busyAt = clock.monotonic();
      const isBusy = clock.monotonic() - busyAt < KEPT_MS;
      facts.set(SESSIONS_FACT, isBusy ? { sessions: await sessionsNow(sources, signal) } : null);
      report.done();
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
  };
}

async function sessionsNow(
  { balancer, view }: SessionsSources,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const draining = drainingIn(view().snapshot);
  if (draining.length === 0) return {};
  const rows = { newest: await balancer.readStat(signal), old: await balancer.readOldStat(signal) };
  const table = balancer.component.desired(view())?.table;
  if (!table) return {};
  return Object.fromEntries(
    draining.flatMap((id) => {
      const sessions = drainSessions(table, rows, id);
      return sessions === null ? [] : [[id, sessions]];
    }),
  );
}
