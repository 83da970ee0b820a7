import type { Container } from './container.ts';
import { shortId } from './docker-names.ts';
import { parseReplacementName } from './replacement-name.ts';
import type { HostState, Snapshot } from './snapshot.ts';

/** What the load balancer of a host still has with containers that are being replaced: fact `drain`. A host without a load balancer has none. */
export interface DrainReport {
  /** Short id of the container -> its sessions. Containers that the load balancer does not know yet to be stopping are absent. */
  readonly sessions: Readonly<Record<string, number>>;
}

export const DRAIN_FACT = 'drain';

/** Whether hosts with a load balancer report its sessions: it is stopping, and its name says that another container replaces it. */
export function isDrained({ state, name }: Pick<Container, 'state' | 'name'>): boolean {
  return state === 'stopping' && parseReplacementName(name)?.role === 'old';
}

/** The sessions of a container on all hosts. `unknown`: hosts with a load balancer that have not reported it. Pure. */
export function drainSessions(
  { hosts }: Pick<Snapshot, 'hosts'>,
  container: Pick<Container, 'id'>,
): { readonly sessions: number; readonly unknown: number } {
  let sessions = 0;
  let unknown = 0;
  for (const host of hosts.values()) {
    const report = drainReportOf(host);
    if (!report) continue;
    const own = report.sessions[shortId(container)];
    if (own === undefined) unknown += 1;
    else sessions += own;
  }
  return { sessions, unknown };
}

/** Null: the host runs no load balancer. */
export function drainReportOf({ facts }: Pick<HostState, 'facts'>): DrainReport | null {
  return (facts.get(DRAIN_FACT)?.get('') ?? null) as DrainReport | null;
}
