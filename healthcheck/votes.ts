import type { FactKey, FactsPart } from '../facts/index.ts';
import { VOTE_FACTS, type Vote, voteSubject } from '../model/index.ts';
import type { PlacedTarget } from './follow-targets.ts';
import type { Opinion } from './opinion/target.ts';

/** The key prefix of the votes among the facts of this host. */
export const VOTE_PREFIX = `${VOTE_FACTS}/`;

const MAX_TEXT_CHARS = 200;

export interface VoteContext {
  readonly hostId: string;
  /** Since when this host checks, in milliseconds since the epoch. */
  readonly checksSinceMs: number;
  /** Null: this host has no opinion about this start of the container yet. */
  readonly opinionOf: (target: PlacedTarget) => Opinion | null;
}

/**
 * The votes of this host. The own host of a container that has started since this host checks votes at once, so that the container
 * gets no traffic before its check has passed. One that ran before keeps its traffic until the first result.
 */
export function votesFor(
  targets: readonly PlacedTarget[],
  { hostId, checksSinceMs, opinionOf }: VoteContext,
): ReadonlyMap<FactKey, Vote> {
  const votes = new Map<FactKey, Vote>();
  for (const target of targets) {
    const { startedAtMs } = target;
    const isNew = target.hostId === hostId && startedAtMs >= checksSinceMs;
    const opinion = opinionOf(target) ?? (isNew ? { up: false, wasUp: false, sinceMs: startedAtMs, text: '' } : null);
    if (!opinion) continue;
    const { up, wasUp, sinceMs } = opinion;
    const text = opinion.text.slice(0, MAX_TEXT_CHARS);
    votes.set(keyOf(target), { startedAtMs, up, wasUp, sinceMs, text });
  }
  return votes;
}

/** Makes these the votes of this host, as one change. Votes that stay the same are not written. */
export function publishVotes(part: FactsPart, votes: ReadonlyMap<FactKey, Vote>): void {
  part.hold();
  for (const key of part.facts().keys()) if (!votes.has(key)) part.set(key, null);
  for (const [key, vote] of votes) part.set(key, { ...vote });
  part.release();
}

/** The votes that a part has, by key, such as those of the agent before this one. */
export function publishedVote(part: Pick<FactsPart, 'facts'>, target: PlacedTarget): Vote | null {
  const vote = part.facts().get(keyOf(target)) as Vote | undefined;
  return vote?.startedAtMs === target.startedAtMs ? vote : null;
}

function keyOf({ hostId, containerId }: PlacedTarget): FactKey {
  return VOTE_PREFIX + voteSubject({ hostId, id: containerId });
}
