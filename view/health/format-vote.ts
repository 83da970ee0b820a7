import type { CheckerVote } from './container-health.ts';

/** `alpha: down (Layer4 timeout)`. `age`, for how long: `alpha: down for 12 s (Layer4 timeout)`. */
export function formatVote({ host, by, opinion, text }: CheckerVote, age: string | null = null): string {
  if (opinion === 'reserve') return `${host}: in reserve`;
  if (opinion === 'none') return `${host}: ${text === '' ? 'no result yet' : `no vote (${text})`}`;
  const since = age === null ? '' : ` for ${age}`;
  return `${by === 'docker' ? 'Docker' : host}: ${opinion}${since}${text === '' ? '' : ` (${text})`}`;
}
