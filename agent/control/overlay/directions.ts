import { type PathState, publishedPath } from '../../../model/index.ts';
import type { HostView } from '../../../view/index.ts';

/** Whether packets from one host reach another one. `unknown`: neither host says. */
export type Direction = 'ok' | 'lost' | 'unknown';

/** Reads the direction between two hosts, by host id. */
export type ReadDirection = (from: string, to: string) => Direction;

/**
 * Combines what both ends say. The receiver knows best whether packets arrive; the sender learns it from the receiver's probes. What this
 * host says is `live`, and what others say is what they have published.
 */
export function createDirections(
  { snapshot, hostId }: Pick<HostView, 'snapshot' | 'hostId'>,
  live: ReadonlyMap<string, { readonly state: PathState }>,
): ReadDirection {
  const saidBy = (judge: string, other: string): ReturnType<typeof publishedPath> => {
    if (judge !== hostId) return publishedPath(snapshot.hosts.get(judge) ?? null, other);
    const state = live.get(other)?.state ?? 'unknown';
    if (state === 'unknown') return null;
    return state === 'up' ? 'works' : state;
  };
  return (from, to) => {
    const receiver = saidBy(to, from);
    if (receiver !== null) return receiver === 'silent' ? 'lost' : 'ok';
    const sender = saidBy(from, to);
    if (sender === 'unheard') return 'lost';
    return sender === 'works' ? 'ok' : 'unknown';
  };
}
