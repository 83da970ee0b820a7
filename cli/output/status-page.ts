import { type AgentStatus, type ProcessStatus, problemsOf } from '../../agent/index.ts';
import { asDnsReport, summarizeDns } from '../../dns/metrics/index.ts';
import { formatProblem } from '../../model/index.ts';
import { formatDuration } from './duration.ts';
import { haproxyName } from './lb-page.ts';
import { formatTable } from './table.ts';

/** The page of `drover status`. Ages are relative to `nowMs`. */
export function formatStatus(status: AgentStatus, nowMs: number): string {
  const { agent, host, environment, state, bus, docker, resolvers } = status;
  const ago = (ms: number | null) => (ms === null ? 'never' : `${formatDuration(nowMs - ms)} ago`);
  const facts: readonly (readonly [string, string])[] = [
    ['host', `${host.name} (${host.id}), ${host.address}, environment ${environment}`],
    ['agent', `version ${agent.version}, pid ${agent.pid}, up ${formatDuration(nowMs - agent.startedAtMs)}`],
    ['state', stateLine(status, ago)],
    [
      'known',
      `${count(state.hosts, 'host')}, ${count(state.services, 'service')}, ${count(state.containers, 'container')}`,
    ],
    ['bus', `${bus.driver}, ${bus.connected ? `connected, last read ${ago(bus.lastContactMs)}` : 'not connected'}`],
    ['docker', dockerLine(docker, ago)],
    ...resolverFacts(resolvers),
    ...dnsFact(status),
    ...overlayFact(status),
    ...balancerFact(status),
  ];
  return [
    facts.map(([name, text]) => `${name.padEnd(10)} ${text}`).join('\n'),
    processTable(status.processes, state.revision, nowMs),
    partsTable(status, ago),
    problemList(status),
  ].join('\n\n');
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const containersUse = (number: number): string => `${count(number, 'container')} ${number === 1 ? 'uses' : 'use'}`;

const MAX_LEFT = 10;

/** Containers whose resolv.conf is left alone follow, one a line. Agents of earlier versions do not report them. */
function resolverFacts({ ours, exempt, left = [] }: ReportedResolvers): readonly (readonly [string, string])[] {
  const line = `${containersUse(ours)} Drover only; ${exempt} opted out`;
  if (left.length === 0) return [['resolvers', line]];
  const more = left.length - MAX_LEFT;
  return [
    ['resolvers', `${line}; ${left.length} left alone:`],
    ...left.slice(0, MAX_LEFT).map((note) => ['', formatProblem(note)] as const),
    ...(more > 0 ? [['', `and ${more} more (--json lists all)`] as const] : []),
  ];
}

type ReportedResolvers = Omit<AgentStatus['resolvers'], 'left'> & Partial<Pick<AgentStatus['resolvers'], 'left'>>;

function dnsFact({ processes }: AgentStatus): readonly (readonly [string, string])[] {
  return processes.flatMap(({ name, report }) => {
    const read = asDnsReport(report);
    return read ? [[name, summarizeDns(read)] as const] : [];
  });
}

/** Agents of earlier versions do not report it. */
function balancerFact({ loadBalancer }: AgentStatus): readonly (readonly [string, string])[] {
  if (!loadBalancer) return [];
  const { state, listeners, rules, reloads } = loadBalancer;
  const does = `${count(listeners, 'listener')}, ${count(rules, 'rule')}, ${count(reloads, 'reload')}`;
  return [['balancer', `${haproxyName(loadBalancer)} ${state}, ${does}; see drover lb`]];
}

function overlayFact({ overlay }: AgentStatus): readonly (readonly [string, string])[] {
  if (!overlay) return [];
  const { backend, reason, means, isChanging } = overlay;
  const carrier = backend === null ? 'no backend' : `${backend} (${means ?? 'not possible on this host'})`;
  return [['overlay', `${carrier}, ${reason}${isChanging ? ', changing' : ''}; see drover overlay`]];
}

function stateLine({ state }: AgentStatus, ago: (ms: number | null) => string): string {
  if (state.staleSinceMs !== null) return `revision ${state.revision}, STALE: saved ${ago(state.staleSinceMs)}`;
  return `revision ${state.revision}, ${state.complete ? 'live' : 'still loading'}`;
}

function dockerLine({ connected, apiVersion, lastSyncMs }: AgentStatus['docker'], ago: (ms: number | null) => string) {
  const where = connected ? `connected, API ${apiVersion ?? 'unknown'}` : 'not connected';
  return `${where}, last full list ${ago(lastSyncMs)}`;
}

function processTable(processes: readonly ProcessStatus[], revision: number, nowMs: number): string {
  return formatTable(processes, [
    { title: 'PROCESS', value: ({ name }) => name },
    {
      title: 'STATE',
      value: ({ child, connected, serving }) =>
        serving ? 'serving' : (child?.state ?? (connected ? 'running' : 'not connected')),
    },
    { title: 'PID', value: ({ pid }) => String(pid ?? '') },
    { title: 'UP', value: ({ child }) => (child?.startedAtMs ? formatDuration(nowMs - child.startedAtMs) : '') },
    { title: 'RESTARTS', value: ({ child }) => String(child?.restarts ?? '') },
    { title: 'VERSION', value: ({ version }) => version ?? '' },
    { title: 'APPLIED', value: ({ appliedRevision }) => appliedText(appliedRevision, revision) },
  ]);
}

function appliedText(applied: number | null, revision: number): string {
  if (applied === null) return 'none yet';
  return applied >= revision ? `revision ${applied}` : `revision ${applied}, ${revision - applied} behind`;
}

function partsTable({ parts }: AgentStatus, ago: (ms: number | null) => string): string {
  return formatTable(parts, [
    { title: 'PART', value: ({ name }) => name },
    { title: 'LAST APPLIED', value: ({ lastAppliedAtMs }) => (lastAppliedAtMs === null ? '' : ago(lastAppliedAtMs)) },
    { title: 'STATE', value: partState },
  ]);
}

function partState({ problems, pending, lastAppliedAtMs }: AgentStatus['parts'][number]): string {
  if (problems.length > 0) return 'failing';
  if (pending.length > 0) return 'applying';
  return lastAppliedAtMs === null ? 'waiting' : 'ok';
}

function problemList(status: AgentStatus): string {
  const problems = problemsOf(status);
  if (problems.length === 0) return 'No problems.';
  return [`${count(problems.length, 'problem')}:`, ...problems.map((problem) => `  ${formatProblem(problem)}`)].join(
    '\n',
  );
}
