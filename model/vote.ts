import type { Container } from './container.ts';
import type { HealthState } from './health-check/health.ts';
import type { HostState } from './snapshot.ts';

/** What one host that checks a container found out about its present start: fact `vote/<host of the container>/<container>`. */
export interface Vote {
  /** `startedAtMs` of the container. A vote about another start does not count. */
  readonly startedAtMs: number;
  /** Whether the check passes. */
  readonly up: boolean;
  /** Whether the check has passed since that start. */
  readonly wasUp: boolean;
  /** Since when `up` has its value, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** The last result, for operators: `Layer4 timeout`. */
  readonly text: string;
}

export const VOTE_FACTS = 'vote';

/** The votes of a host, by `voteSubject`. */
export function votesOf({ facts }: Pick<HostState, 'facts'>): ReadonlyMap<string, Vote> {
  return (facts.get(VOTE_FACTS) ?? new Map()) as ReadonlyMap<string, Vote>;
}

/** The container that a vote is about, as it is in the key of the vote. */
export function voteSubject({ hostId, id }: Pick<Container, 'hostId' | 'id'>): string {
  return `${hostId}/${id}`;
}

/** Whether the verdict of these other votes is another one with this vote. If this is false, it is so with Docker's own check, too. */
export function changesVerdict(vote: Vote, others: readonly Vote[]): boolean {
  const fresh = others.filter(({ startedAtMs }) => startedAtMs === vote.startedAtMs);
  if (fresh.length === 0) return true;
  if (fresh.some(({ up }) => up)) return false;
  return vote.up || (vote.wasUp && !fresh.some(({ wasUp }) => wasUp));
}

export interface Verdict {
  readonly health: HealthState | null;
  readonly wasReady: boolean;
}

/**
 * The health of a container according to the votes and to Docker's own check, which counts like a vote. It depends on these alone, in
 * any order, so every host comes to the same verdict. One checker that passes is enough. A check that has never passed since the start
 * leaves the container initializing.
 */
export function verdictOf(
  container: Pick<Container, 'health' | 'wasReady' | 'startCount' | 'startedAtMs'>,
  votes: readonly Vote[],
): Verdict {
  const fresh = votes.filter(({ startedAtMs }) => startedAtMs === container.startedAtMs);
  if (fresh.length === 0) return { health: container.health, wasReady: container.wasReady };
  const ofDocker = container.health === null ? [] : [{ up: container.health === 'healthy', wasUp: container.wasReady }];
  const opinions = [...fresh, ...ofDocker];
  if (opinions.some(({ up }) => up)) return { health: 'healthy', wasReady: true };
  if (opinions.some(({ wasUp }) => wasUp)) return { health: 'unhealthy', wasReady: true };
  return { health: container.startCount > 1 ? 'reinitializing' : 'initializing', wasReady: false };
}
