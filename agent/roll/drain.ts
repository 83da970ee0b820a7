import { drainSessions, type ServiceDeclaration } from '../../model/index.ts';
import type { DockerSource } from '../../sources/index.ts';
import type { Clock } from '../../system/index.ts';
import { type HostView, READINESS } from '../../view/index.ts';
import { standingNow } from './when-ready.ts';

export interface DrainDependencies {
  readonly clock: Clock;
  readonly view: () => HostView;
  readonly source: Pick<DockerSource, 'retire'>;
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

export const DEFAULT_DRAIN_MS = 15_000;
/** Other hosts need a moment to hear of it, and programs use an answer of DNS for its TTL. */
const SHORTEST_MS = 2_000;
const INTERVAL_MS = 100;

export function createDrain({ clock, view, source }: DrainDependencies): Drain {
  const retired = new Map<string, () => void>();
  return {
    drain: async (id, { timeoutMs, onSessions }, signal) => {
      const { standing } = standingNow(view(), id);
      const hasTraffic = standing !== null && READINESS[standing].lb !== 'leave';
      if (!retired.has(id)) retired.set(id, source.retire(id));
      const begin = clock.monotonic();
      let told: number | null = null;
      while (hasTraffic) {
        const { snapshot } = view();
        const { sessions, unknown } = drainSessions(snapshot, { id });
        if (sessions !== told) onSessions?.(sessions);
        told = sessions;
        const passedMs = clock.monotonic() - begin;
        if (passedMs >= timeoutMs || (passedMs >= SHORTEST_MS && sessions + unknown === 0)) return;
        await clock.sleep(INTERVAL_MS, signal);
      }
    },
    release: () => {
      for (const end of retired.values()) end();
      retired.clear();
    },
  };
}

/** How long the containers of a service may finish their requests: the longest time that a load balancer in front of it allows. Pure. */
export function drainTimeoutOf({ snapshot }: HostView, serviceKey: string): number {
  const declared = [...snapshot.declarations.values()].flatMap((one) =>
    leadsTo(one, serviceKey) ? drainTimeoutIn(one) : [],
  );
  return declared.length > 0 ? Math.max(...declared) : DEFAULT_DRAIN_MS;
}

function leadsTo({ lbConfig }: ServiceDeclaration, serviceKey: string): boolean {
  return lbConfig?.portRules.some(({ service }) => service?.toLowerCase() === serviceKey) ?? false;
}

function drainTimeoutIn({ lbConfig }: ServiceDeclaration): readonly number[] {
  return [lbConfig?.options.drainTimeoutMs ?? DEFAULT_DRAIN_MS];
}
