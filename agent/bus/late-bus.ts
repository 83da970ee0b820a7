import type { Bus } from '../../bus/index.ts';
import type { Problem } from '../../model/index.ts';
import { backoffMs, type Clock, type Log, type RetrySchedule } from '../../system/index.ts';

export interface OpenedBus {
  readonly bus: Bus;
  problems(): readonly Problem[];
}

export interface LateBusOptions {
  readonly driver: string;
  /** Why it could not be opened so far. */
  readonly error: unknown;
  readonly open: () => Promise<OpenedBus>;
}

const RETRY: RetrySchedule = { minMs: 500, maxMs: 10_000 };

/** A bus that is opened again and again until that succeeds. Until then `join` and `watch` wait, and all else is refused. */
export function createLateBus(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { driver, error, open }: LateBusOptions,
): OpenedBus {
  const stop = new AbortController();
  let problem = reasonOf(error);
  let opened: OpenedBus | null = null;
  const arrival = openLater();
  const now = async (): Promise<Bus> => {
    if (!opened) throw new Error(problem);
    return opened.bus;
  };
  return {
    problems: () => opened?.problems() ?? [],
    bus: {
      join: async (hostId, signal) => (await whenOpened(signal)).join(hostId, signal),
      get: async (key) => (await now()).get(key),
      list: async (prefix) => (await now()).list(prefix),
      put: async (key, value, expect) => (await now()).put(key, value, expect),
      delete: async (key, expect) => (await now()).delete(key, expect),
      lock: async (name, signal) => (await whenOpened(signal)).lock(name, signal),
      status: () => opened?.bus.status() ?? { driver, connected: false, problem, unopened: true, lastContactMs: null },
      watch: async function* (signal) {
        const bus = await whenOpened(signal).catch(() => null);
        if (bus) yield* bus.watch(signal);
      },
      close: async () => {
        stop.abort();
        await (await arrival)?.bus.close();
      },
    },
  };

  async function openLater(): Promise<OpenedBus | null> {
    for (let failures = 1; !stop.signal.aborted; failures += 1) {
      try {
        await clock.sleep(backoffMs(RETRY, failures, Math.random()), stop.signal);
        opened = await open();
        log.info({ driver }, 'bus opened');
        return opened;
      } catch (failure) {
        problem = stop.signal.aborted ? problem : reasonOf(failure);
      }
    }
    return null;
  }

  async function whenOpened(signal: AbortSignal): Promise<Bus> {
    const { promise: aborted, resolve: end } = Promise.withResolvers<null>();
    const onAbort = (): void => end(null);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const arrived = signal.aborted ? opened : await Promise.race([arrival, aborted]);
      if (!arrived) throw new Error(problem);
      return arrived.bus;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
