import type { Moment } from '../../../overlay/probe/judge.ts';
import { encodeMessage, packetBytesOf, parseMessage } from '../../../overlay/probe/message.ts';
import {
  afterMessage,
  judged,
  newPathTrack,
  nextMessages,
  type PathTrack,
  type PeerPath,
  peerPath,
  withPeer,
} from '../../../overlay/probe/peer-path.ts';

export const INTERVAL_MS = 1_000;

/** Whether a packet passes; `size` in bytes. */
export type Passes = (size: number) => boolean;

interface End {
  readonly name: string;
  readonly session: number;
  /** The end's monotonic clock starts anywhere. */
  readonly clockOffsetMs: number;
  track: PathTrack;
}

/** Two hosts that probe each other, with `delayMs` one way, in simulated time. */
export interface SimulatedPath {
  /** Lets each end have this many turns, half an interval apart. */
  run(intervals: number): void;
  setPasses(aToB: Passes, bToA: Passes): void;
  /** B starts again. */
  restartB(): void;
  /** A sends through a tunnel with another MTU from now on. */
  changeTunnelOfA(mtu: number): void;
  /** A loses B from its list of hosts, and gets it back. */
  forgetB(): void;
  a(): PeerPath;
  b(): PeerPath;
}

export const all: Passes = () => true;
export const none: Passes = () => false;
export const below =
  (mtu: number): Passes =>
  (size) =>
    size <= mtu;

export function simulatePath({ mtu = 1_450, overheadBytes = 50, delayMs = 20 } = {}): SimulatedPath {
  let nowMs = 0;
  let passes: readonly [Passes, Passes] = [all, all];
  const newEnd = (name: string, other: string, session: number): End => {
    const clockOffsetMs = session * 1_000_000;
    const peer = { hostId: other, gateway: '10.42.9.1', subnets: ['10.42.9.0/24'], mtu, overheadBytes };
    return { name, session, clockOffsetMs, track: newPathTrack(peer, nowMs + clockOffsetMs) };
  };
  const a = newEnd('a', 'b', 1);
  let b = newEnd('b', 'a', 2);
  const momentOf = ({ clockOffsetMs }: End): Moment => {
    const at = nowMs + clockOffsetMs;
    return { nowMs: at, intervalMs: INTERVAL_MS, resumedAtMs: clockOffsetMs };
  };
  const turn = (from: End, to: End, passing: Passes): void => {
    const moment = momentOf(from);
    const { track, beat, sized, sizes } = nextMessages(from.track, { ...moment, from: 1, session: from.session });
    from.track = judged(track, moment);
    nowMs += delayMs;
    for (const bytes of [encodeMessage(beat), ...sizes.map((size) => encodeMessage(sized, size))]) {
      const message = parseMessage(bytes);
      if (!message || !passing(packetBytesOf(bytes))) continue;
      const { session } = to;
      const now = momentOf(to).nowMs;
      to.track = judged(afterMessage(to.track, message, packetBytesOf(bytes), { session, nowMs: now }), momentOf(to));
    }
    nowMs += INTERVAL_MS / 2 - delayMs;
  };
  return {
    run: (intervals) => {
      for (let n = 0; n < intervals; n += 1) {
        turn(a, b, passes[0]);
        turn(b, a, passes[1]);
      }
    },
    setPasses: (aToB, bToA) => {
      passes = [aToB, bToA];
    },
    restartB: () => {
      b = newEnd('b', 'a', b.session + 1);
    },
    changeTunnelOfA: (next) => {
      a.track = withPeer(a.track, { ...a.track.peer, mtu: next }, momentOf(a).nowMs);
    },
    forgetB: () => {
      a.track = newPathTrack(a.track.peer, momentOf(a).nowMs);
    },
    a: () => peerPath(a.track, momentOf(a).nowMs, nowMs),
    b: () => peerPath(b.track, momentOf(b).nowMs, nowMs),
  };
}
