import { hash32, type PathState } from '../../model/index.ts';
import { afterBeat, afterSend, lossIn, type Moment, newPathRecord, type PathRecord, pathState } from './judge.ts';
import type { ProbeMessage, SizedEcho } from './message.ts';
import { afterSizedEcho, type MtuSearch, newMtuSearch, nextRound } from './mtu-search.ts';

/** Another host, as the prober reaches it through the tunnel. */
export interface ProbedPeer {
  readonly hostId: string;
  /** The first address of its subnet, on its bridge. */
  readonly gateway: string;
  /** Canonical CIDRs; messages from other addresses are ignored. */
  readonly subnets: readonly string[];
  /** Largest packet that the tunnel device accepts, bytes, and what the tunnel adds to it. */
  readonly mtu: number;
  readonly overheadBytes: number;
}

/** What this host knows of the path to a peer through the tunnel. */
export interface PeerPath {
  readonly state: PathState;
  /** Smoothed; null: not known. */
  readonly rttMs: number | null;
  /** Share of the probes of the last 32 intervals that were lost, from the peer to this host and back, 0 to 1; null: not known. */
  readonly lossIn: number | null;
  readonly lossOut: number | null;
  /** Largest packet that reaches the peer, bytes; null: not known. */
  readonly mtu: number | null;
  /** Wall clock; null: never. */
  readonly lastSeenAtMs: number | null;
  /** Since when it is in this state, wall clock. */
  readonly sinceMs: number;
}

/** The state of one peer's path. Everything is kept in monotonic time, so that a change of the wall clock has no effect. */
export interface PathTrack {
  readonly peer: ProbedPeer;
  readonly hash: number;
  readonly record: PathRecord;
  readonly search: MtuSearch;
  /** The last round of sized messages that arrived. */
  readonly sized: (SizedEcho & { readonly session: number }) | null;
  readonly sequence: number;
  readonly state: PathState;
  readonly sinceMs: number;
}

export function newPathTrack(peer: ProbedPeer, nowMs: number): PathTrack {
  return {
    peer,
    hash: hash32(peer.hostId),
    record: newPathRecord(nowMs),
    // A peer that was away may remember the rounds before. There is less than one a second.
    search: newMtuSearch(peer.mtu, peer.overheadBytes, Math.floor(nowMs / 1_000)),
    sized: null,
    sequence: 0,
    state: 'unknown',
    sinceMs: nowMs,
  };
}

/** The track of a peer whose entry changed. */
export function withPeer(track: PathTrack, peer: ProbedPeer, nowMs: number): PathTrack {
  if (peer.gateway !== track.peer.gateway) return newPathTrack(peer, nowMs);
  const isSameTunnel = peer.mtu === track.peer.mtu && peer.overheadBytes === track.peer.overheadBytes;
  const search = isSameTunnel ? track.search : newMtuSearch(peer.mtu, peer.overheadBytes, track.search.round);
  return { ...track, peer, search };
}

export function judged(track: PathTrack, moment: Moment): PathTrack {
  const state = pathState(track.record, moment);
  return state === track.state ? track : { ...track, state, sinceMs: moment.nowMs };
}

/** A message of the peer. `session` is ours. */
export function afterMessage(
  track: PathTrack,
  message: ProbeMessage,
  packetBytes: number,
  { session, nowMs }: { readonly session: number; readonly nowMs: number },
): PathTrack {
  if (message.kind === 'sized') return { ...track, sized: largestOf(track.sized, message, packetBytes) };
  const isReply = message.echo?.session === session && message.sized !== null;
  const search = isReply && message.sized ? afterSizedEcho(track.search, message.sized) : track.search;
  return { ...track, search, record: afterBeat(track.record, message, session, nowMs) };
}

/** What to send to the peer now: one beat, and padded messages of some sizes. */
export function nextMessages(
  track: PathTrack,
  { from, session, nowMs, intervalMs }: { from: number; session: number; nowMs: number; intervalMs: number },
): {
  readonly track: PathTrack;
  readonly beat: ProbeMessage;
  readonly sized: ProbeMessage;
  readonly sizes: readonly number[];
} {
  const sequence = track.sequence + 1;
  const { heard } = track.record;
  const beat: ProbeMessage = {
    kind: 'beat',
    from,
    to: track.hash,
    session,
    sequence,
    intervalMs,
    loss: lossIn(track.record, nowMs),
    echo: heard && { session: heard.session, sequence: heard.sequence, heldMs: nowMs - heard.atMs },
    sized: track.sized?.session === heard?.session ? track.sized : null,
  };
  const { search, sizes } = isAnswered(track.record, nowMs, intervalMs)
    ? nextRound(track.search)
    : { search: track.search, sizes: [] };
  const record = afterSend(track.record, sequence, nowMs);
  const sized: ProbeMessage = { ...beat, kind: 'sized', sequence: search.round };
  return { track: { ...track, sequence, search, record }, beat, sized, sizes };
}

export function peerPath(track: PathTrack, nowMs: number, wallMs: number): PeerPath {
  const { record, state } = track;
  const { heard } = record;
  return {
    state,
    rttMs: record.rttMs,
    lossIn: heard === null && state === 'silent' ? 1 : lossIn(record, nowMs),
    lossOut: state === 'unheard' ? 1 : record.lossOut,
    mtu: track.search.mtu,
    lastSeenAtMs: heard && wallMs - (nowMs - heard.atMs),
    sinceMs: wallMs - (nowMs - track.sinceMs),
  };
}

/** Whether beats pass both ways right now. A round that is lost with everything else says nothing about sizes. */
function isAnswered({ hearsUsAtMs, heard }: PathRecord, nowMs: number, intervalMs: number): boolean {
  return hearsUsAtMs !== null && nowMs - hearsUsAtMs < 2.5 * Math.max(intervalMs, heard?.intervalMs ?? 0);
}

function largestOf(before: PathTrack['sized'], message: ProbeMessage, packetBytes: number): PathTrack['sized'] {
  const { session, sequence: round } = message;
  if (before?.session !== session || round > before.round) return { session, round, largestBytes: packetBytes };
  return round < before.round ? before : { ...before, largestBytes: Math.max(before.largestBytes, packetBytes) };
}
