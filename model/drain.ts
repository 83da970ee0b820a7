import type { Container } from './container.ts';
import { shortId } from './docker-names.ts';
import { factOf, type Snapshot } from './snapshot.ts';

/**
 * Fact `draining`: the containers of the host, by short id, that get no new requests and are stopped when their sessions have ended. It
 * exists only while there are some.
 */
export interface Draining {
  readonly containers: readonly string[];
}

/**
 * Fact `sessions`: what the load balancer of the host still has with containers that are draining, on any host, by short id. One that may
 * still get new requests is absent. A host without a load balancer has no such fact.
 */
export interface SessionReport {
  readonly sessions: Readonly<Record<string, number>>;
}

export const DRAINING_FACT = 'draining';
export const SESSIONS_FACT = 'sessions';

/** The short ids of the containers that are draining, on all hosts. Costs nothing for the other containers. Pure. */
export function drainingIn({ hosts }: Pick<Snapshot, 'hosts'>): readonly string[] {
  return [...hosts.values()].flatMap((host) => factOf<Draining>(host, DRAINING_FACT)?.containers ?? []);
}

/** The sessions of a container on all hosts. `unknown`: load balancers that may still send it new requests. Pure. */
export function drainSessions(
  { hosts }: Pick<Snapshot, 'hosts'>,
  container: Pick<Container, 'id'>,
): { readonly sessions: number; readonly unknown: number } {
  let sessions = 0;
  let unknown = 0;
  for (const host of hosts.values()) {
    const report = factOf<SessionReport>(host, SESSIONS_FACT);
    if (!report) continue;
    const own = report.sessions[shortId(container)];
    if (own === undefined) unknown += 1;
    else sessions += own;
  }
  return { sessions, unknown };
}
