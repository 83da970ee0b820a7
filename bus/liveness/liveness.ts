import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../contract/bus.ts';
import { decide, defaultTiming, isSilent, isVoting, type Situation, type Target } from './decide.ts';
import { createMarks, type Marks } from './marks.ts';
import { createObservations, type LivenessPeer } from './observations.ts';
import { encodePacket, type Packet, parsePacket } from './packet.ts';
import { probedBy, probersOf } from './ring.ts';
import { openProbeSocket } from './socket.ts';

export interface LivenessOptions {
  readonly hostId: string;
  /** `Host.incarnation` of this agent. */
  readonly incarnation: number;
  /** Packets of other environments are not heard. */
  readonly environmentUuid: string;
  /** Default `0.0.0.0`. */
  readonly address?: string;
  /** UDP, default 4250; 0: any. */
  readonly port?: number;
  /** All other hosts of the environment; asked at every round. One that is marked down may be left out. */
  readonly peers: () => readonly LivenessPeer[];
  readonly signal: AbortSignal;
}

/** `heard`: a packet of late. `silent`: none, nobody accused. `suspect` / `down`: as the bus has it. */
export interface PeerLiveness {
  readonly hostId: string;
  readonly state: 'heard' | 'silent' | 'suspect' | 'down';
  /** Since the last packet; null if none was ever heard. */
  readonly silentMs: number | null;
}

export interface LivenessStatus {
  /** What is wrong with our own end, in words; null when we listen. */
  readonly problem: string | null;
  /** False while we hear too few to accuse anybody: more likely we are the ones who are cut off. */
  readonly voting: boolean;
  /** The hosts this one probes. */
  readonly probed: readonly PeerLiveness[];
}

export interface Liveness {
  /** UDP port once bound, null before. */
  port(): number | null;
  /** Whether a packet of this host came within the last seconds. Of hosts that have nothing to do with us: false. */
  hears(hostId: string): boolean;
  status(): LivenessStatus;
  /** Idempotent; leaves no socket or timer. */
  close(): Promise<void>;
}

export interface LivenessDependencies {
  readonly bus: Pick<Bus, 'watch' | 'put' | 'delete'>;
  readonly clock: Clock;
  readonly log: Log;
}

export const LIVENESS_PORT = 4250;
const INTERVAL_MS = 500;
/** Rounds that are further apart were not ours: the machine slept, or the process was stopped. */
const PAUSE_MS = 1_500;
const FORGET_MARK_MS = 60_000;

/** Watches over other hosts by UDP, and has the silent ones marked `down` on the bus. Never throws. */
export function startLiveness({ bus, clock, log }: LivenessDependencies, options: LivenessOptions): Liveness {
  const { hostId: self, incarnation, environmentUuid: key } = options;
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const observations = createObservations();
  const marks = createMarks({ bus, clock, log }, { self, signal });
  const remembered = new Map<string, LivenessPeer>();
  let voting = true;

  const onDatagram = (bytes: Buffer, answer: (bytes: Buffer) => void): void => {
    const packet = parsePacket(bytes, key);
    if (!packet || packet.to !== self || packet.from === self) return;
    if (packet.kind === 'ping') {
      const { from, sequence } = packet;
      answer(encodePacket({ kind: 'pong', from: self, to: from, incarnation, sequence }, key));
    }
    observations.take(packet, clock.monotonic());
  };
  const socket = openProbeSocket(
    { clock, log },
    { address: options.address ?? '0.0.0.0', port: options.port ?? LIVENESS_PORT, signal, onDatagram },
  );
  /** The hosts there are, with those that are marked down: they must be heard to come back. */
  const peers = (): readonly LivenessPeer[] => {
    const present = new Map(options.peers().map((peer) => [peer.hostId, peer]));
    for (const [hostId, peer] of remembered)
      if (!present.has(hostId) && marks.of(hostId, 0) && marks.isPresent(hostId)) present.set(hostId, peer);
    present.delete(self);
    remembered.clear();
    for (const [hostId, peer] of present) remembered.set(hostId, peer);
    return [...present.values()];
  };
  const targetOf = (hostId: string, hostIds: readonly string[], nowMs: number): Target => ({
    hostId,
    incarnation: observations.incarnation(hostId),
    ...observations.silence(hostId, nowMs),
    mark: marks.of(hostId, nowMs),
    holdMs: marks.holdMs(hostId, observations.silence(hostId, nowMs).heardMs, nowMs),
    otherProber: probersOf(hostId, hostIds).some((prober) => prober !== self && maySpeak(prober, nowMs)),
  });
  const maySpeak = (prober: string, nowMs: number): boolean =>
    !marks.of(prober, nowMs) && observations.silence(prober, nowMs).silentMs <= defaultTiming.silentMs;
  const situation = (nowMs: number): Situation => {
    const reachable = [...remembered.values()].filter(({ address }) => socket.reaches(address));
    const hostIds = [self, ...remembered.keys()];
    const probed = probedBy(self, hostIds).filter((id) => reachable.some(({ hostId }) => hostId === id));
    return {
      self,
      targets: probed.map((hostId) => targetOf(hostId, hostIds, nowMs)),
      ownMark: marks.of(self, nowMs),
    };
  };
  const ping = ({ hostId, address, port }: LivenessPeer): void => {
    const packet: Packet = {
      kind: 'ping',
      from: self,
      to: hostId,
      incarnation,
      sequence: observations.nextSequence(hostId),
    };
    socket.send(encodePacket(packet, key), port, address);
  };
  const vote = (now: Situation): void => {
    const votes = isVoting(now.targets);
    if (votes !== voting)
      log.warn({ voting: votes }, votes ? 'hosts are heard again' : 'too few hosts are heard to accuse any');
    voting = votes;
    for (const action of decide(now)) marks.perform(action);
  };
  const round = (nowMs: number): void => {
    observations.keep(peers(), nowMs);
    const now = situation(nowMs);
    for (const { hostId } of now.targets) {
      const peer = observations.peer(hostId);
      if (peer) ping(peer);
    }
    if (socket.problem() === null) vote(now);
    else observations.forgive(nowMs);
    forgetDeparted(marks, self, nowMs);
  };
  const run = async (): Promise<void> => {
    for (let lastMs = clock.monotonic(); !signal.aborted; ) {
      const nowMs = clock.monotonic();
      // What came in while we did not run is read after this round: let it count.
      if (nowMs - lastMs > PAUSE_MS) observations.forgive(nowMs);
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
      probed: situation(clock.monotonic()).targets.map(describe),
    }),
    close: async () => {
      closing.abort(new Error('liveness is closed'));
      await Promise.all([running, socket.done, marks.done]);
    },
  };
}

function describe(target: Target): PeerLiveness {
  const { hostId, heardMs, mark, incarnation } = target;
  const marked = mark && mark.incarnation >= incarnation ? mark.state : null;
  return { hostId, state: marked ?? (isSilent(target) ? 'silent' : 'heard'), silentMs: heardMs };
}

/** A mark of a host that has no facts any more: its first prober among those who are marked by nobody removes it. */
function forgetDeparted(marks: Marks, self: string, nowMs: number): void {
  for (const hostId of marks.hostIds()) {
    const mark = marks.of(hostId, nowMs);
    if (!mark || marks.isPresent(hostId) || mark.ageMs < FORGET_MARK_MS) continue;
    if (mark.by === self || mark.ageMs > 2 * FORGET_MARK_MS)
      marks.perform({ kind: 'clear', hostId, expect: mark.revision });
  }
}
