import type { BusStatus } from '../../bus/index.ts';
import type { JsonValue, Problem } from '../../model/index.ts';
import type { ResolverCounts } from '../../resolv-conf/index.ts';
import type { ChildStatus } from '../children/child.ts';
import type { ServerName } from '../children/server-table.ts';
import type { HealthStatus } from '../health/health-status.ts';
import type { PartStatus } from '../parts/part.ts';
import type { LbSummary } from './lb/lb-sources.ts';
import type { OverlaySummary } from './overlay/summarize-overlay.ts';

/** The state of this host: what runs, what is applied, what fails and why. The JSON of `GET /v1/status`. */
export interface AgentStatus {
  readonly agent: { readonly version: string; readonly pid: number; readonly startedAtMs: number };
  readonly host: { readonly id: string; readonly name: string; readonly address: string };
  readonly environment: string;
  readonly state: StateStatus;
  readonly bus: BusStatus;
  readonly docker: DockerStatus;
  readonly processes: readonly ProcessStatus[];
  readonly parts: readonly PartStatus[];
  readonly resolvers: ResolverCounts;
  /** The health checks that this host makes; null: none. Agents of earlier versions do not tell. */
  readonly health?: HealthStatus | null;
  /** Null: this host balances nothing. Agents of earlier versions do not tell. */
  readonly loadBalancer?: LbSummary | null;
  /** Null: this host takes no part in the managed network. Agents of earlier versions do not tell. */
  readonly overlay?: OverlaySummary | null;
  readonly silentHosts: readonly SilentHost[];
  /** Bad inputs, and problems that belong to none of the fields above. */
  readonly problems: readonly Problem[];
}

export interface StateStatus {
  readonly revision: number;
  /** Whether a complete snapshot has been loaded since the agent started. */
  readonly complete: boolean;
  /** When the state was saved, if it was loaded from disk and not confirmed yet (milliseconds since the epoch); null: it is live. */
  readonly staleSinceMs: number | null;
  readonly hosts: number;
  readonly services: number;
  readonly containers: number;
}

export interface DockerStatus {
  readonly connected: boolean;
  readonly problem: Problem | null;
  readonly lastSyncMs: number | null;
  readonly apiVersion: string | null;
}

/** One of the processes that containers send requests to. */
export interface ProcessStatus {
  readonly name: ServerName;
  /** Null when the agent does not supervise it (`supervise: false`). */
  readonly child: ChildStatus | null;
  /** Whether it is connected to the agent's feed. */
  readonly connected: boolean;
  /** Whether it or the agent has just been started, so that it may not be connected yet. */
  readonly starting: boolean;
  /** Whether its sockets are bound. */
  readonly serving: boolean;
  /** Problems that it reports itself. */
  readonly problems: readonly Problem[];
  readonly version: string | null;
  readonly pid: number | null;
  /** Newest revision of this agent's state that it has applied. */
  readonly appliedRevision: number | null;
  readonly report: JsonValue;
}

export interface SilentHost {
  readonly hostId: string;
  readonly name: string;
  readonly state: 'silent' | 'suspect' | 'down';
  readonly silentMs: number | null;
}

/** All problems of a host, most severe first. */
export function problemsOf(status: AgentStatus): readonly Problem[] {
  return [
    ...dockerProblems(status.docker),
    ...busProblems(status.bus),
    ...staleProblems(status.state),
    ...status.processes.flatMap((one) => processProblems(one)),
    ...status.parts.flatMap(({ problems }) => problems),
    ...status.silentHosts.map(silentProblem),
    ...status.problems,
  ];
}

function dockerProblems({ connected, problem }: DockerStatus): readonly Problem[] {
  if (problem) return [problem];
  if (connected) return [];
  return [{ subject: 'Docker', what: 'not connected yet', hint: 'no action needed, Drover retries automatically' }];
}

function busProblems(bus: BusStatus): readonly Problem[] {
  if (bus.connected) return [];
  const meanwhile = 'until then Drover answers from its last known state and retries';
  return [busFailure(bus, bus.problem ?? 'not connected yet', meanwhile)];
}

/** A problem with the bus. `next`: what follows in the hint. */
export function busFailure({ driver, unopened }: BusStatus, what: string, next: string): Problem {
  const fix = unopened ? 'fix the cause' : 'check that the bus is running';
  return { subject: `bus ${driver}`, what, hint: `${fix}; ${next}` };
}

function staleProblems({ staleSinceMs }: StateStatus): readonly Problem[] {
  if (staleSinceMs === null) return [];
  const what = `answers come from the state saved at ${new Date(staleSinceMs).toISOString()}`;
  return [
    {
      subject: 'state',
      what,
      hint: 'no action needed if bus and Docker are starting: the state becomes live once both answer',
    },
  ];
}

function processProblems({ name, child, connected, starting, serving, problems }: ProcessStatus): readonly Problem[] {
  const subject = `process ${name}`;
  if (child && child.state !== 'running' && child.lastEnd) return [child.lastEnd];
  if (child && child.state !== 'running')
    return [{ subject, what: `is ${child.state}`, hint: 'no action needed, Drover starts it' }];
  if (!connected && starting) return [{ subject, what: 'is starting', hint: 'no action needed' }];
  if (!connected) {
    const hint = child ? `see ${child.outputFile}` : `start it: drover ${name}`;
    return [{ subject, what: 'is not connected to the agent', hint }];
  }
  if (!serving) return [{ subject, what: 'does not serve yet', hint: 'still starting; no action needed' }];
  return problems;
}

function silentProblem({ name, state, silentMs }: SilentHost): Problem {
  const since =
    silentMs === null ? 'has not answered any probe' : `has not answered probes for ${Math.round(silentMs / 1000)} s`;
  const effect = state === 'down' ? '; its containers are left out of all answers' : '';
  return {
    subject: `host ${name}`,
    what: `${since}${effect}`,
    hint: 'check that the host is up and that its UDP port (liveness.port) is reachable',
  };
}
