import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../contract/bus.ts';
import { decide, defaultTiming, isSilent, isVoting, type Situation, type Target } from './decide.ts';
import { createMarks, type Marks } from './marks.ts';
import type { LivenessPeer } from './observations.ts';
import { createProbeExchange } from './probe-exchange.ts';
import { situationOf } from './situation.ts';

export interface LivenessOptions {
  readonly hostId: string;
  /** `Host.incarnation` of this agent. */
  readonly incarnation: number;
  /** Packets of other environments are ignored. */
  readonly environmentUuid: string;
  /** Default `0.0.0.0`. */
  readonly address?: string;
  /** UDP, default 4250; 0: any free port. */
  readonly port?: number;
  /** All other hosts of the environment, read in every round. Hosts that are marked down may be left out. */
  readonly peers: () => readonly LivenessPeer[];
  readonly signal: AbortSignal;
}

/** `heard`: answers probes. `silent`: does not answer, and no host has reported it yet. `suspect` / `down`: marked on the bus. */
export interface PeerLiveness {
  readonly hostId: string;
  readonly state: 'heard' | 'silent' | 'suspect' | 'down';
  /** Time since the last packet; null if there never was one. */
  readonly silentMs: number | null;
}

export interface LivenessStatus {
  /** Why this host cannot probe others; null if it can. */
  readonly problem: string | null;
  /** False while this host hears so few others that it is probably cut off itself. It then marks no host. */
  readonly voting: boolean;
  /** The hosts that this one probes. */
  readonly probed: readonly PeerLiveness[];
}

export interface Liveness {
  /** UDP port once bound, null before. */
  port(): number | null;
  /** Whether a packet of this host arrived within the last seconds. Always false for a host that we neither probe nor are probed by. */
  hears(hostId: string): boolean;
  status(): LivenessStatus;
  /** Idempotent; leaves no socket or timer open. */
  close(): Promise<void>;
}

export interface LivenessDependencies {
  readonly bus: Pick<Bus, 'watch' | 'put' | 'delete'>;
  readonly clock: Clock;
  readonly log: Log;
}

export const LIVENESS_PORT = 4250;
const INTERVAL_MS = 500;
/** A longer time between two rounds means that the machine slept or the process was stopped. */
const PAUSE_MS = 1_500;
const FORGET_MARK_MS = 60_000;

/** Probes other hosts by UDP and marks the silent ones `down` on the bus. Never throws. */
export function startLiveness({ bus, clock, log }: LivenessDependencies, options: LivenessOptions): Liveness {
  const { hostId: self, incarnation, environmentUuid: key, address = '0.0.0.0', port = LIVENESS_PORT } = options;
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const exchange = createProbeExchange({ clock, log }, { hostId: self, incarnation, key, address, port, signal });
  const { socket, observations } = exchange;
  const marks = createMarks({ bus, clock, log }, { self, signal });
  let peers: ReadonlyMap<string, LivenessPeer> = new Map();
  let voting = true;

  const situation = (nowMs: number): Situation =>
    situationOf({ self, peers, marks, observations, reaches: socket.reaches }, nowMs);
  const vote = (now: Situation): void => {
    const votes = isVoting(now.targets);
    if (votes !== voting)
      log.warn({ voting: votes }, votes ? 'hosts answer probes again' : 'too few hosts answer probes: not voting');
    voting = votes;
    for (const action of decide(now)) marks.perform(action);
  };
  const round = (nowMs: number): void => {
    peers = withMarkedPeers(options.peers(), peers, marks, self);
    observations.setPeers([...peers.values()], nowMs);
    const now = situation(nowMs);
    for (const { hostId } of now.targets) {
      const peer = peers.get(hostId);
      if (peer) exchange.ping(peer);
    }
    if (socket.problem() === null) vote(now);
    else observations.restartSilence(nowMs);
    clearDepartedHosts(marks, self, nowMs);
  };
  const run = async (): Promise<void> => {
    for (let lastMs = clock.monotonic(); !signal.aborted; ) {
      const nowMs = clock.monotonic();
      // Packets that arrived during the pause are read after this round.
      if (nowMs - lastMs > PAUSE_MS) observations.restartSilence(nowMs);
      lastMs = nowMs;
      round(nowMs);
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
  };
  const running = run();
  return {
    port: socket.port,
    hears: (hostId) => {
      const { heardMs } = observations.silence(hostId, clock.monotonic());
      return heardMs !== null && heardMs <= defaultTiming.silentMs;
    },
    status: () => ({
      problem: socket.problem(),
      voting,
      probed: situation(clock.monotonic()).targets.map(peerLiveness),
    }),
    close: async () => {
      closing.abort(new Error('liveness is closed'));
      await Promise.all([running, socket.done, marks.done]);
    },
  };
}

/** The peers with those that are left out because they are marked: a marked host must be probed to come back. */
function withMarkedPeers(
  newest: readonly LivenessPeer[],
  before: ReadonlyMap<string, LivenessPeer>,
  marks: Marks,
  self: string,
): ReadonlyMap<string, LivenessPeer> {
  const peers = new Map(newest.map((peer) => [peer.hostId, peer]));
  for (const [hostId, peer] of before)
    if (!peers.has(hostId) && marks.of(hostId, 0) && marks.isPresent(hostId)) peers.set(hostId, peer);
  peers.delete(self);
  return peers;
}

function peerLiveness(target: Target): PeerLiveness {
  const { hostId, heardMs, mark, incarnation } = target;
  const marked = mark && mark.incarnation >= incarnation ? mark.state : null;
  return { hostId, state: marked ?? (isSilent(target) ? 'silent' : 'heard'), silentMs: heardMs };
}

/** Deletes the marks of hosts without facts on the bus: our own marks first, those of other hosts later. */
function clearDepartedHosts(marks: Marks, self: string, nowMs: number): void {
  for (const hostId of marks.hostIds()) {
    const mark = marks.of(hostId, nowMs);
    if (!mark || marks.isPresent(hostId) || mark.ageMs < FORGET_MARK_MS) continue;
    if (mark.by === self || mark.ageMs > 2 * FORGET_MARK_MS)
      marks.perform({ kind: 'clear', hostId, expect: mark.revision });
  }
}
