import type { BusStatus } from '../../bus/index.ts';
import type { JsonValue, Problem } from '../../model/index.ts';
import type { ResolverCounts } from '../../resolv-conf/index.ts';
import type { ChildStatus } from '../children/child.ts';
import type { ServerName } from '../children/server-table.ts';

/** What runs on this host, how far it is, and what fails and why. The JSON of `GET /v1/status`. */
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
  readonly silentHosts: readonly SilentHost[];
  /** Bad inputs and whatever else stands and is in no part above. */
  readonly problems: readonly Problem[];
}

export interface StateStatus {
  readonly revision: number;
  /** Whether a complete picture has been seen since the agent started. */
  readonly complete: boolean;
  /** Since when it may be old (milliseconds since the epoch), null when it is followed live. */
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

/** One of the processes containers talk to. */
export interface ProcessStatus {
  readonly name: ServerName;
  /** Null when it is not ours to keep running (`supervise: false`). */
  readonly child: ChildStatus | null;
  /** Whether it follows our state. */
  readonly connected: boolean;
  /** Whether its sockets are bound. */
  readonly serving: boolean;
  /** What it says is wrong. */
  readonly problems: readonly Problem[];
  readonly version: string | null;
  readonly pid: number | null;
  /** Newest of our revisions it has applied. */
  readonly appliedRevision: number | null;
  readonly report: JsonValue;
}

/** One of the agent's own parts, each of which fails and recovers alone. */
export interface PartStatus {
  readonly name: string;
  readonly lastAppliedAtMs: number | null;
  readonly problems: readonly Problem[];
  /** Changes that wait, one line each; held deletions are marked as such. */
  readonly pending: readonly string[];
}

export interface SilentHost {
  readonly hostId: string;
  readonly name: string;
  readonly state: 'silent' | 'suspect' | 'down';
  readonly silentMs: number | null;
}

/** Everything that is not as it should be, most grave first; empty when all is well. */
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
  return [{ subject: 'Docker', what: 'not connected yet', hint: 'it is tried again by itself' }];
}

function busProblems({ driver, connected, problem }: BusStatus): readonly Problem[] {
  if (connected) return [];
  const what = problem ?? 'not connected yet';
  return [
    { subject: `bus ${driver}`, what, hint: 'names are answered from what was known; it is tried again by itself' },
  ];
}

function staleProblems({ staleSinceMs }: StateStatus): readonly Problem[] {
  if (staleSinceMs === null) return [];
  const what = `what is answered was saved at ${new Date(staleSinceMs).toISOString()} and not confirmed since`;
  return [{ subject: 'state', what, hint: 'it is confirmed as soon as bus and Docker answer' }];
}

function processProblems({ name, child, connected, serving, problems }: ProcessStatus): readonly Problem[] {
  const subject = `process ${name}`;
  if (child && child.state !== 'running' && child.lastEnd) return [child.lastEnd];
  if (child && child.state !== 'running')
    return [{ subject, what: `it is ${child.state}`, hint: 'it is started by itself' }];
  if (!connected) {
    const hint = child ? `see ${child.outputFile}` : `start it: drover ${name}`;
    return [{ subject, what: 'it does not follow the state of this agent', hint }];
  }
  if (!serving) return [{ subject, what: 'it does not serve yet', hint: 'it does once it has bound its sockets' }];
  return problems;
}

function silentProblem({ name, state, silentMs }: SilentHost): Problem {
  const since = silentMs === null ? 'was never heard' : `has been silent for ${Math.round(silentMs / 1000)} s`;
  const effect = state === 'down' ? ' and is out of all answers' : '';
  return {
    subject: `host ${name}`,
    what: `${since}${effect}`,
    hint: 'see whether it is up and its UDP port is reachable',
  };
}
