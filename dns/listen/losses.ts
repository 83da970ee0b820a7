import type { Recorder } from '../metrics/recorder.ts';
import type { Losses } from './server.ts';

/** Gives what brings the record of dropped datagrams up to date with what the sockets say. */
export function countLosses(recorder: Pick<Recorder, 'dropped'>, sockets: readonly { losses(): Losses }[]): () => void {
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
