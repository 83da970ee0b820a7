import type { CheckerVote } from '../../view/index.ts';
import { formatDuration } from './duration.ts';

/** `alpha: down for 12 s (Layer4 timeout); beta: no result yet; Docker: up`. */
export function formatVotes(votes: readonly CheckerVote[], nowMs: number): string {
  return votes.map((vote) => formatVote(vote, nowMs)).join('; ');
}

/** Why an endpoint is answered or not, with the votes that are the reason. */
export function withVotes(reason: string, votes: readonly CheckerVote[] = [], nowMs: number): string {
  return votes.length === 0 ? reason : `${reason} (${formatVotes(votes, nowMs)})`;
}

function formatVote({ host, by, opinion, sinceMs, text }: CheckerVote, nowMs: number): string {
  if (opinion === 'none') return `${host}: ${text === '' ? 'no result yet' : `no vote (${text})`}`;
  const since = sinceMs === null ? '' : ` for ${formatDuration(nowMs - sinceMs)}`;
  return `${by === 'docker' ? 'Docker' : host}: ${opinion}${since}${text === '' ? '' : ` (${text})`}`;
}
