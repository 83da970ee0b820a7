import {
  type Container,
  componentStatuses,
  HEALTH_STATUS,
  type HealthCheck,
  type HostState,
  healthCheckOfLabels,
  type Vote,
  voteSubject,
  votesOf,
} from '../../model/index.ts';
import type { Standing } from '../endpoints/readiness.ts';
import { serviceCheck } from '../endpoints/service-check.ts';
import { serviceOf } from '../host-view/find.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { type Checkers, checkerHosts, checkersIn, votersOf } from './checkers.ts';

/** What one host says about a container, or Docker on the container's own host. */
export interface CheckerVote {
  /** Name of the host. */
  readonly host: string;
  /** `docker`: the HEALTHCHECK of the container. */
  readonly by: 'drover' | 'docker';
  /**
   * `waiting`: the check has not passed since the start. `none`: the host does not say anything. `reserve`: the same of a host that votes
   * only if it would change the verdict.
   */
  readonly opinion: 'up' | 'down' | 'waiting' | 'none' | 'reserve';
  /** Milliseconds since the epoch; null without a vote and for Docker. */
  readonly sinceMs: number | null;
  /** The last result in the words of the checker; for `none` why the host does not vote, if it says so. */
  readonly text: string;
}

/** Where the health of a container comes from. */
export interface ContainerHealth {
  /** Null: Docker alone checks it, or it has no check. */
  readonly check: HealthCheck | null;
  /** Of the hosts that check it, its own first, then of Docker. */
  readonly votes: readonly CheckerVote[];
  /** Since when its health has been the present one, as far as the votes tell; in milliseconds since the epoch. */
  readonly sinceMs: number | null;
}

/** Reads the health of several containers of a view; what they share is computed once. */
export function createHealthReader(view: HostView): (container: Container) => ContainerHealth {
  let checkers: Checkers | null = null;
  const allCheckers = (): Checkers => {
    checkers ??= checkersIn(view.snapshot);
    return checkers;
  };
  const checks = new Map<ServiceView, HealthCheck | null>();
  const checkOf = (container: Container): HealthCheck | null => {
    const service = serviceOf(view, container);
    if (service === null) return healthCheckOfLabels(container.labels);
    const known = checks.get(service);
    if (known !== undefined) return known;
    const check = serviceCheck(service);
    checks.set(service, check);
    return check;
  };
  return (container) => {
    const check = checkOf(container);
    const hosts = check === null ? [] : checkerHosts(view, container, check, allCheckers());
    const voters = votersOf(hosts);
    const ofHosts = hosts.map(
      (hostId) => voteOf(view, container, hostId) ?? silent(view, hostId, voters.includes(hostId)),
    );
    const votes = [...ofHosts, ...voteOfDocker(view, container)];
    return { check, votes, sinceMs: sinceOf(container, votes) };
  };
}

/** The votes behind the standing of a container, if it needs an explanation; else none. */
export type VotesBehind = (container: Container | null, standing: Standing | null) => readonly CheckerVote[];

export function createVotesBehind(view: HostView): VotesBehind {
  let read: ReturnType<typeof createHealthReader> | null = null;
  return (container, standing) => {
    if (container === null || standing === null || !EXPLAINED.has(standing)) return [];
    read ??= createHealthReader(view);
    return read(container).votes;
  };
}

const EXPLAINED: ReadonlySet<Standing> = new Set(['unchecked', 'initializing', 'failing', 'unhealthy']);

function voteOf({ snapshot }: HostView, container: Container, hostId: string): CheckerVote | null {
  const state = snapshot.hosts.get(hostId);
  const vote = state && votesOf(state).get(voteSubject(container));
  if (!vote || vote.startedAtMs !== container.startedAtMs) return null;
  return {
    host: nameOf(state, hostId),
    by: 'drover',
    opinion: opinionOf(vote),
    sinceMs: vote.sinceMs,
    text: vote.text,
  };
}

function silent({ snapshot }: HostView, hostId: string, isVoter: boolean): CheckerVote {
  const state = snapshot.hosts.get(hostId);
  const text = whySilent(state);
  const opinion = isVoter || text !== '' ? 'none' : 'reserve';
  return { host: nameOf(state, hostId), by: 'drover', opinion, sinceMs: null, text };
}

function opinionOf({ up, wasUp }: Pick<Vote, 'up' | 'wasUp'>): CheckerVote['opinion'] {
  return up ? 'up' : wasUp ? 'down' : 'waiting';
}

function whySilent(state: HostState | undefined): string {
  const status = state && componentStatuses(state).get(HEALTH_STATUS);
  return status && status.state !== 'ok' ? (status.problems[0]?.what ?? '') : '';
}

function voteOfDocker({ snapshot }: HostView, container: Container): readonly CheckerVote[] {
  const { health, ofDocker = health, hostId } = container;
  if (ofDocker === null) return [];
  const opinion = ofDocker === 'healthy' ? 'up' : ofDocker === 'unhealthy' ? 'down' : 'waiting';
  return [{ host: nameOf(snapshot.hosts.get(hostId), hostId), by: 'docker', opinion, sinceMs: null, text: '' }];
}

/**
 * Healthy since one of the hosts that say so, unhealthy since the last one says so, initializing since the first result and not since
 * the start, because the check may be newer. Docker does not tell since when.
 */
function sinceOf({ health, startedAtMs }: Container, votes: readonly CheckerVote[]): number | null {
  const times = (wanted: CheckerVote['opinion']): readonly number[] =>
    votes.flatMap(({ opinion, sinceMs }) => (opinion === wanted && sinceMs !== null ? [sinceMs] : []));
  switch (health) {
    case 'healthy':
    case 'updating-healthy':
      return first(times('up'));
    case 'unhealthy':
    case 'updating-unhealthy':
      return times('down').reduce<number | null>((last, at) => Math.max(last ?? at, at), null);
    case 'initializing':
    case 'reinitializing':
      return first(times('waiting')) ?? startedAtMs;
    case null:
      return null;
  }
}

function first(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}

function nameOf(state: HostState | undefined, hostId: string): string {
  return state?.host?.name ?? hostId;
}
