import type { BusBatch } from '../bus.ts';
import type { Mirror } from './mirror.ts';
import { batchBetween, type Picture } from './picture.ts';

/** First everything, then what differs from what was yielded last; nothing while there is no complete picture. */
export async function* watchMirror(mirror: Mirror, signal: AbortSignal): AsyncGenerator<BusBatch, void, undefined> {
  let seen: Picture | null = null;
  while (!signal.aborted) {
    const now = mirror.picture();
    const batch = now && now !== seen ? batchBetween(seen, now) : null;
    seen = now ?? seen;
    if (batch) yield batch;
    else await mirror.changed(signal);
  }
}
