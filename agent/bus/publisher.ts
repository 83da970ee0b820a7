import type { Bus, Lease } from '../../bus/index.ts';
import { diffFacts, type FactKey, type FactMap } from '../../facts/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { backoffMs, type Clock, createWakeUp, type Log } from '../../system/index.ts';
import type { PartReport } from '../parts/part.ts';

export interface PublisherDependencies {
  readonly bus: Pick<Bus, 'join'>;
  /** All current facts of this host; null while they are incomplete. */
  readonly facts: () => FactMap | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the facts of this host on the bus up to date. */
export interface Publisher {
  /** Facts may have changed. Returns at once. */
  changed(): void;
  run(signal: AbortSignal, report: PartReport): Promise<void>;
  /** Leaves the bus: other hosts remove this host at once. */
  withdraw(): Promise<void>;
}

/** Changes within this time are one write. */
const GATHER_MS = 4;
/** The facts can become complete without a change. */
const RECHECK_MS = 500;
const RETRY = { minMs: 100, maxMs: 5_000 };

export function createPublisher(
  { bus, facts, clock, log }: PublisherDependencies,
  { hostId }: { readonly hostId: string },
): Publisher {
  const wakeUp = createWakeUp(clock);
  let lease: Lease | null = null;
  let published: FactMap = new Map();
  /** Keys of failed writes, which may or may not have taken effect. */
  let uncertain: ReadonlySet<FactKey> = new Set();

  const join = async (signal: AbortSignal): Promise<Lease> => {
    const joined = await bus.join(hostId, signal);
    joined.lost.addEventListener('abort', () => wakeUp.wake(), { once: true });
    log.info({ hostId }, 'joined the bus');
    return joined;
  };

  const publishNewest = async (place: Lease): Promise<boolean> => {
    const newest = facts();
    if (newest === null) return false;
    const changes: Map<FactKey, JsonValue | null> = diffFacts(published, newest);
    for (const key of uncertain) changes.set(key, newest.get(key) ?? null);
    if (changes.size === 0 && published.size > 0) return false;
    uncertain = new Set([...uncertain, ...changes.keys()]);
    await place.publish(changes);
    uncertain = new Set();
    published = newest;
    return true;
  };

  const work = async (signal: AbortSignal, report: PartReport): Promise<void> => {
    if (lease === null || lease.lost.aborted) {
      if (lease) log.warn({ hostId }, 'bus lease lost; joining the bus again');
      lease = await join(signal);
      published = new Map();
    }
    if (await publishNewest(lease)) report.done();
  };

  return {
    changed: wakeUp.wake,
    run: async (signal, report) => {
      let failures = 0;
      while (!signal.aborted) {
        try {
          await work(signal, report);
          if (failures > 0) report.done();
          failures = 0;
          await wakeUp.wait(RECHECK_MS, signal);
          await wakeUp.pause(GATHER_MS, signal);
        } catch (error) {
          if (signal.aborted) return;
          failures += 1;
          report.problems([publishProblem(error)]);
          if (failures === 1) log.warn({ err: error }, 'cannot publish on the bus');
          await clock.sleep(backoffMs(RETRY, failures, Math.random()), signal).catch(() => {});
        }
      }
    },
    withdraw: async () => {
      lease ??= await bus.join(hostId, AbortSignal.timeout(3_000));
      await lease.close();
      lease = null;
    },
  };
}

function publishProblem(error: unknown) {
  const what = error instanceof Error ? error.message : String(error);
  return {
    subject: 'publish',
    what: `other hosts do not get changes of this host: ${what}`,
    hint: 'Drover retries automatically. If this persists, check the bus: `drover status`.',
  };
}
