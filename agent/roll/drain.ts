import type { FactsPart } from '../../facts/index.ts';
import { DRAINING_FACT, type Draining, drainSessions, type LoadBalancerConfig, shortId } from '../../model/index.ts';
import type { DockerSource } from '../../sources/index.ts';
import type { Clock } from '../../system/index.ts';
import { findService, type HostView, READINESS } from '../../view/index.ts';
import { standingNow } from './when-ready.ts';

export interface DrainDependencies {
  readonly clock: Clock;
  readonly view: () => HostView;
  readonly source: Pick<DockerSource, 'retire'>;
  /** Of services and load balancers that declare none. */
  readonly drainTimeoutMs: number;
  /** Owns the fact `draining`. */
  readonly facts: Pick<FactsPart, 'get' | 'set'>;
}

/** Takes containers out of the traffic before they are stopped. */
export interface Drain {
  /**
   * Reports a container as stopping, and resolves when no load balancer has a session with it any more, or after `timeoutMs`. Rejects
   * when `signal` aborts.
   */
  drain(id: string, options: DrainOptions, signal: AbortSignal): Promise<void>;
  /** Reports all containers as they are again. */
  release(): void;
}

export interface DrainOptions {
  readonly timeoutMs: number;
  /** Called when the number of sessions changes. */
  readonly onSessions?: (sessions: number) => void;
}

/** Other hosts need a moment to hear of it, and programs use an answer of DNS for its TTL. */
const SHORTEST_MS = 2_000;
const INTERVAL_MS = 100;

export function createDrain(deps: DrainDependencies): Drain {
  const { view, source, facts } = deps;
  const retired = new Map<string, () => void>();
  return {
    drain: async (id, options, signal) => {
      const { standing } = standingNow(view(), id);
      if (!retired.has(id)) retired.set(id, source.retire(id));
      if (standing === null || READINESS[standing].lb === 'leave') return;
      announce(facts, shortId({ id }), true);
      await untilDrained(deps, { ...options, id }, signal).finally(() => announce(facts, shortId({ id }), false));
    },
    release: () => {
      for (const end of retired.values()) end();
      retired.clear();
    },
  };
}

async function untilDrained(
  { clock, view }: DrainDependencies,
  { id, timeoutMs, onSessions }: DrainOptions & { readonly id: string },
  signal: AbortSignal,
): Promise<void> {
  const begin = clock.monotonic();
  let told: number | null = null;
  for (;;) {
    const { sessions, unknown } = drainSessions(view().snapshot, { id });
    if (sessions !== (told ?? 0)) onSessions?.(sessions);
    told = sessions;
    const passedMs = clock.monotonic() - begin;
    if (passedMs >= timeoutMs || (passedMs >= SHORTEST_MS && sessions + unknown === 0)) return;
    await clock.sleep(INTERVAL_MS, signal);
  }
}

/** Asks all load balancers for their sessions with a container, or ends this. */
function announce(facts: DrainDependencies['facts'], container: string, isDraining: boolean): void {
  const before = (facts.get(DRAINING_FACT) as Draining | null)?.containers ?? [];
  const others = before.filter((one) => one !== container);
  const containers = isDraining ? [...others, container] : others;
  facts.set(DRAINING_FACT, containers.length === 0 ? null : { containers });
}

/**
 * How long the containers of a service may finish their requests: its own `drain_timeout_ms`, else the longest one of the load balancers
 * with a rule for it, else `otherwiseMs`. Pure.
 */
export function drainTimeoutOf(view: HostView, serviceKey: string, otherwiseMs: number): number {
  const own = findService(view, serviceKey)?.declaration?.options.drain_timeout_ms;
  if (typeof own === 'number') return own;
  const ofBalancers = [...view.snapshot.declarations.values()].flatMap(({ lbConfig }) =>
    lbConfig && leadsTo(lbConfig, serviceKey) ? (lbConfig.options.drainTimeoutMs ?? []) : [],
  );
  return ofBalancers.length > 0 ? Math.max(...ofBalancers) : otherwiseMs;
}

function leadsTo({ portRules }: LoadBalancerConfig, serviceKey: string): boolean {
  return portRules.some(({ service }) => service?.toLowerCase() === serviceKey);
}
