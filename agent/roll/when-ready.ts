import type { Container } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import { type HostView, type Standing, serviceCheck, serviceOf, standingOf } from '../../view/index.ts';

export interface WhenReadyDependencies {
  readonly clock: Clock;
  readonly view: () => HostView;
}

/** The other hosts have time to see that a new container is ready before the old one gets no more traffic. */
const READY_FOR_MS = 1_000;
const INTERVAL_MS = 50;

/**
 * Resolves when a container of this host has been ready for a second. Rejects if it ends, or is not ready after `timeoutMs`, or when
 * `signal` aborts.
 */
export async function whenReady(
  { clock, view }: WhenReadyDependencies,
  { id, timeoutMs }: { readonly id: string; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<void> {
  const begin = clock.monotonic();
  let readyAt: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    const { container, standing } = standingNow(view(), id);
    const now = clock.monotonic();
    if (container && hasEnded(container)) throw new Error(endText(container));
    if (standing !== 'ready') readyAt = null;
    else readyAt ??= now;
    if (readyAt !== null && now - readyAt >= READY_FOR_MS) return;
    if (now - begin >= timeoutMs + READY_FOR_MS)
      throw new Error(
        `the new container was not ready after ${timeoutMs} ms: ${standing ?? 'Docker has not reported it'}`,
      );
    await clock.sleep(INTERVAL_MS, signal);
  }
}

/** The row of READINESS in which a container of this host is now; null: it is not known. */
export function standingNow(
  view: HostView,
  id: string,
): { readonly container: Container | null; readonly standing: Standing | null } {
  const container = view.snapshot.hosts.get(view.hostId)?.containers.get(id) ?? null;
  if (!container) return { container, standing: null };
  const service = serviceOf(view, container);
  return { container, standing: standingOf(container, service !== null && serviceCheck(service) !== null) };
}

function hasEnded({ state, startCount }: Container): boolean {
  return state === 'stopped' || state === 'restarting' || startCount > 1;
}

function endText({ exit }: Container): string {
  return exit === null ? 'the new container has ended' : `the new container has ended with exit status ${exit.code}`;
}
