import type { Bus } from '../../bus/index.ts';
import type { Liveness, PeerLiveness } from '../../bus/liveness/index.ts';
import type { HostOverlay, Problem } from '../../model/index.ts';
import type { ResolverCounts } from '../../resolv-conf/index.ts';
import type { DockerSource } from '../../sources/index.ts';
import type { FeedServer, StateStore } from '../../state/index.ts';
import type { Clock } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import { SERVER_NAMES } from '../children/server-table.ts';
import { isServing } from '../children/servers.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { Config } from '../config/config.ts';
import { VERSION } from '../config/version.ts';
import type { HealthStatus } from '../health/health-status.ts';
import { peersOf } from '../host/peers.ts';
import type { Parts } from '../parts/parts.ts';
import { type LbSources, summarizeLb } from './lb/lb-sources.ts';
import { summarizeOverlay } from './overlay/summarize-overlay.ts';
import { reportedProblems } from './reported-problems.ts';
import { findFailingServices } from './service-problems.ts';
import type { AgentStatus, ProcessStatus, SilentHost } from './status.ts';

export interface StatusSources {
  readonly config: Config;
  readonly clock: Pick<Clock, 'now'>;
  readonly startedAtMs: number;
  readonly address: () => string;
  readonly hostName: string;
  readonly store: Pick<StateStore, 'hostId' | 'current' | 'allHosts' | 'staleSinceMs' | 'problems'>;
  readonly view: () => HostView;
  readonly bus: Pick<Bus, 'status'>;
  readonly source: Pick<DockerSource, 'status'>;
  /** Null when the agent does not supervise the servers. */
  readonly supervisor: Pick<Supervisor, 'status'> | null;
  readonly feed: Pick<FeedServer, 'peers'>;
  readonly parts: Pick<Parts, 'status'>;
  readonly resolvers: () => ResolverCounts;
  readonly health: () => HealthStatus | null;
  readonly lb: Pick<LbSources, 'table' | 'status'>;
  /** What this host publishes of its tunnels. */
  readonly overlay: () => HostOverlay;
  /** Null on a bus for a single host. */
  readonly liveness: Pick<Liveness, 'status'> | null;
  /** Problems that no other source has. */
  readonly problems: () => readonly Problem[];
}

/** Everything `drover status` shows, as of now. */
export function collectStatus(sources: StatusSources): AgentStatus {
  const { config, startedAtMs, address, hostName, store, bus, source, parts, resolvers, health, liveness } = sources;
  const { connected, problem, lastSyncMs, apiVersion, badInputs } = source.status();
  const own = liveness?.status().problem ?? null;
  return {
    agent: { version: VERSION, pid: process.pid, startedAtMs },
    host: { id: store.hostId, name: hostName, address: address() },
    environment: config.environment,
    state: collectState(sources),
    bus: bus.status(),
    docker: { connected, problem, lastSyncMs, apiVersion },
    processes: collectProcesses(sources),
    parts: parts.status().map((part) => (part.name === 'docker' ? { ...part, lastAppliedAtMs: lastSyncMs } : part)),
    resolvers: resolvers(),
    health: health(),
    loadBalancer: summarizeLb(sources.lb),
    overlay: config.network.enabled ? summarizeOverlay(sources.view().snapshot, sources.overlay()) : null,
    silentHosts: collectSilent(sources),
    problems: [
      ...sources.problems(),
      ...(own === null ? [] : [{ subject: 'liveness', what: own, hint: `free UDP port ${config.liveness.port}` }]),
      ...store.problems(),
      ...findFailingServices(sources.view()),
      ...badInputs,
    ],
  };
}

function collectState({ store, view }: StatusSources): AgentStatus['state'] {
  const { hosts, complete, revision } = store.current();
  const count = (sizes: Iterable<number>) => [...sizes].reduce((sum, size) => sum + size, 0);
  return {
    revision,
    complete,
    staleSinceMs: store.staleSinceMs(),
    hosts: hosts.size,
    services: count([...view().stacks.values()].map(({ services }) => services.size)),
    containers: count([...hosts.values()].map(({ containers }) => containers.size)),
  };
}

/** A process that has not connected for so long after its start has failed. */
const STARTING_MS = 10_000;

function collectProcesses({ clock, startedAtMs, supervisor, feed }: StatusSources): readonly ProcessStatus[] {
  return SERVER_NAMES.map((name) => {
    const child = supervisor?.status().find((one) => one.name === name) ?? null;
    const followers = feed.peers().filter(({ role }) => role === name);
    const follower = followers.find(({ pid }) => pid === child?.pid) ?? followers[0] ?? null;
    return {
      name,
      child,
      connected: follower !== null,
      starting: clock.now() - Math.max(startedAtMs, child?.startedAtMs ?? 0) < STARTING_MS,
      serving: isServing(follower?.report),
      problems: reportedProblems(follower?.report),
      version: follower?.version ?? null,
      pid: child?.pid ?? follower?.pid ?? null,
      appliedRevision: follower?.appliedRevision ?? null,
      report: follower?.report ?? null,
    };
  });
}

function collectSilent({ liveness, store }: StatusSources): readonly SilentHost[] {
  const names = new Map(peersOf(store.allHosts(), store.hostId).map(({ id, name }) => [id, name]));
  const silent = (liveness?.status().probed ?? []).filter(
    (peer): peer is PeerLiveness & { state: SilentHost['state'] } => peer.state !== 'heard',
  );
  return silent.map(({ hostId, state, silentMs }) => ({ hostId, name: names.get(hostId) ?? hostId, state, silentMs }));
}
