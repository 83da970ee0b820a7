import { type CheckerVote, formatVote } from '../../view/index.ts';
import { formatDuration } from './duration.ts';

/** `alpha: down for 12 s (Layer4 timeout); beta: no result yet; Docker: up`. */
export function formatVotes(votes: readonly CheckerVote[], nowMs: number): string {
  const ageOf = ({ sinceMs }: CheckerVote): string | null =>
    sinceMs === null ? null : formatDuration(nowMs - sinceMs);
  return votes.map((vote) => formatVote(vote, ageOf(vote))).join('; ');
}

/** Why an endpoint is answered or not, with the votes that are the reason. */
export function withVotes(reason: string, votes: readonly CheckerVote[] = [], nowMs: number): string {
  return votes.length === 0 ? reason : `${reason} (${formatVotes(votes, nowMs)})`;
}
