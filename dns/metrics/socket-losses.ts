import type { Losses } from '../listen/server.ts';
import type { Recorder } from './recorder.ts';

/** Returns the function that records the datagrams that the sockets lost since its last call. */
export function createLossSampler(
  recorder: Pick<Recorder, 'dropped'>,
  sockets: readonly { losses(): Losses }[],
): () => void {
  let before: Losses = { overflown: 0, unsent: 0 };
  return () => {
    const all = sockets.map((socket) => socket.losses());
    const now = {
      overflown: all.reduce((sum, { overflown }) => sum + overflown, 0),
      unsent: all.reduce((sum, { unsent }) => sum + unsent, 0),
    };
    recorder.dropped('kernel-queue', Math.max(0, now.overflown - before.overflown));
    recorder.dropped('unsent', Math.max(0, now.unsent - before.unsent));
    before = now;
  };
}
