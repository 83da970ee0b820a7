import type { FactKey, FactsPart } from '../facts/index.ts';
import { VOTE_FACTS, type Vote, voteSubject } from '../model/index.ts';
import type { Opinion, Target } from './opinion/target.ts';

/** The key prefix of the votes among the facts of this host. */
export const VOTE_PREFIX = `${VOTE_FACTS}/`;

/**
 * Whether a fact of a host is its vote about a container of another host. Such a vote is about the past once the host has lost the bus; what
 * it knows of its own containers is the newest there is.
 */
export function isVoteAboutOthers(key: FactKey, hostId: string): boolean {
  return key.startsWith(VOTE_PREFIX) && !key.startsWith(`${VOTE_PREFIX}${hostId}/`);
}

const MAX_TEXT_CHARS = 200;

/** What this host knows about its targets. */
export interface VoteContext {
  readonly hostId: string;
  /** Since when this host checks, in milliseconds since the epoch. */
  readonly checksSinceMs: number;
  /** Null: this host has no opinion about this start of the container yet. */
  readonly opinionOf: (target: Target) => Opinion | null;
  /** Whether this host does not believe its own opinion for now. */
  readonly isWithheld: (target: Target) => boolean;
  /** What is published of the vote that this host would give, when it has published the other one. Null: nothing. */
  readonly admit: (target: Target, own: Vote | null, published: Vote | null) => Vote | null;
}

export interface Votes {
  /** Publishes the votes on these targets, and removes all others, as one change. */
  replace(targets: readonly Target[], context: VoteContext): void;
  /** Publishes the votes on some of them. */
  update(targets: readonly Target[], context: VoteContext): void;
  /** The opinion about this start that was published last, such as by the agent before this one; null also while it waited. */
  recall(target: Target): Opinion | null;
}

/** The votes of this host among its facts. A vote that stays the same is not written. */
export function createVotes(part: FactsPart): Votes {
  const published = (target: Target): Vote | null => {
    const vote = part.get(keyOf(target)) as Vote | null;
    return vote?.startedAtMs === target.startedAtMs ? vote : null;
  };
  const set = (target: Target, context: VoteContext): void => {
    const before = published(target);
    const vote = context.admit(target, voteOn(target, context, before !== null), before);
    part.set(keyOf(target), vote && { ...vote });
  };
  const together = (work: () => void): void => {
    part.hold();
    try {
      work();
    } finally {
      part.release();
    }
  };
  return {
    replace: (targets, context) =>
      together(() => {
        const kept = new Set(targets.map(keyOf));
        for (const key of part.facts().keys()) if (!kept.has(key)) part.set(key, null);
        for (const target of targets) set(target, context);
      }),
    update: (targets, context) =>
      together(() => {
        for (const target of targets) set(target, context);
      }),
    recall: (target) => {
      const vote = published(target);
      return vote?.wasUp ? vote : null;
    },
  };
}

/**
 * The own host of a container that has started since this host checks votes at once, so that the container gets no traffic before its
 * check has passed. One that ran before keeps its traffic until the first result.
 */
function voteOn(target: Target, context: VoteContext, hasVoted: boolean): Vote | null {
  const { hostId, checksSinceMs, opinionOf } = context;
  if (context.isWithheld(target)) return null;
  const { startedAtMs } = target;
  const opinion = opinionOf(target);
  if (opinion) {
    const { up, wasUp, sinceMs } = opinion;
    return { startedAtMs, up, wasUp, sinceMs, text: opinion.text.slice(0, MAX_TEXT_CHARS) };
  }
  const isNew = target.hostId === hostId && startedAtMs >= checksSinceMs;
  return isNew || hasVoted ? { startedAtMs, up: false, wasUp: false, sinceMs: startedAtMs, text: '' } : null;
}

function keyOf({ hostId, containerId }: Target): FactKey {
  return VOTE_PREFIX + voteSubject({ hostId, id: containerId });
}
