import type { RemoteInfo } from 'node:dgram';
import { type Cidr, cidrContains, hash32, parseAddress, parseIpv4Cidr } from '../../model/index.ts';
import { type Clock, createWakeUp, type Log, openUdpSocket, type UdpSocket } from '../../system/index.ts';
import { encodeMessage, packetBytesOf, parseMessage } from './message.ts';
import {
  afterMessage,
  judged,
  newPathTrack,
  nextMessages,
  type PathTrack,
  type PeerPath,
  type ProbedPeer,
  peerPath,
  withPeer,
} from './peer-path.ts';

/** This host's end: messages leave from its gateway address. */
export interface ProbingHost {
  readonly hostId: string;
  readonly gateway: string;
}

export interface ProberOptions {
  /** UDP port of all hosts. */
  readonly port: number;
  /** Shortest interval, default 1 s. With more than 20 peers it is longer: at most 20 peers a second. */
  readonly minIntervalMs?: number;
}

export interface ProberDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** Probes the paths to other hosts through the tunnel, and answers their probes. */
export interface Prober {
  /** Replaces the peers. `own` null: this host has no address to probe from. */
  update(own: ProbingHost | null, peers: readonly ProbedPeer[]): void;
  /** By host id. */
  status(): ReadonlyMap<string, PeerPath>;
  /** Why this host cannot probe; null if it can. */
  problem(): string | null;
  /** Called when a state or an MTU changed. Returns the function that removes the listener. */
  onChange(listener: () => void): () => void;
  /** Idempotent; leaves no socket and no timer. */
  close(): Promise<void>;
}

const PEERS_PER_SECOND = 20;
/** Peers whose turns are this close together have them at once, because a wake-up costs more than a message. */
const TURN_MS = 200;
/** A longer time between two turns than planned means that the machine slept or the process was stopped. */
const PAUSE_MS = 1_500;

export function createProber(
  { clock, log, random = Math.random }: ProberDependencies,
  { port, minIntervalMs = 1_000 }: ProberOptions,
): Prober {
  const session = 1 + Math.floor(random() * 0xffff_fffe);
  const tracks = new Map<string, PathTrack>();
  /** By source address, for every message that arrives. */
  const sources = new Map<string, string>();
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  const wakeUp = createWakeUp(clock);
  /** Host ids in the order of their turns. */
  let turns: readonly string[] = [];
  let own: ProbingHost | null = null;
  let bound: { readonly socket: UdpSocket; readonly end: AbortController } | null = null;
  /** Since when this host probes without a pause; null: it cannot. */
  let resumedAtMs: number | null = null;

  const intervalMs = (): number => Math.max(minIntervalMs, (tracks.size / PEERS_PER_SECOND) * 1_000);
  const keep = (hostId: string, track: PathTrack): void => {
    const before = tracks.get(hostId);
    const moment = { nowMs: clock.monotonic(), intervalMs: intervalMs(), resumedAtMs };
    const next = judged(track, moment);
    tracks.set(hostId, next);
    if (!before || (before.state === next.state && before.search.mtu === next.search.mtu)) return;
    if (before.state !== next.state)
      log.info({ hostId, state: next.state, before: before.state }, 'path to host changed');
    for (const listener of listeners) listener();
  };
  const onDatagram = (bytes: Buffer, from: RemoteInfo): void => {
    const message = parseMessage(bytes);
    if (!message || !own || message.to !== hash32(own.hostId)) return;
    const hostId = senderOf(message.from, from.address, tracks, sources);
    const track = hostId === null ? undefined : tracks.get(hostId);
    if (hostId === null || !track) return;
    const isNew = track.record.heard?.session !== message.session;
    keep(hostId, afterMessage(track, message, packetBytesOf(bytes), { session, nowMs: clock.monotonic() }));
    // A host that has just started learns soon that it is heard.
    if (isNew) turns = [hostId, ...turns.filter((id) => id !== hostId)];
  };
  const turn = (hostId: string, from: number): void => {
    const track = tracks.get(hostId);
    if (!track) return;
    const moment = { from, session, nowMs: clock.monotonic(), intervalMs: intervalMs() };
    const { track: next, beat, sized, sizes } = nextMessages(track, moment);
    const send = (bytes: Buffer): void => bound?.socket.send(bytes, port, track.peer.gateway);
    send(encodeMessage(beat));
    for (const size of sizes) send(encodeMessage(sized, size));
    keep(hostId, next);
  };
  const run = async (): Promise<void> => {
    const { signal } = closing;
    while (!signal.aborted) {
      const beginMs = clock.monotonic();
      if (!bound || bound.socket.port() === null) resumedAtMs = null;
      else resumedAtMs ??= beginMs;
      const shareMs = intervalMs() / Math.max(1, tracks.size);
      const count = Math.max(1, Math.floor(TURN_MS / shareMs));
      const now = turns.slice(0, count);
      turns = [...turns.slice(count), ...now];
      for (const hostId of now) turn(hostId, hash32(own?.hostId ?? ''));
      const pauseMs = shareMs * count;
      await wakeUp.wait(pauseMs, signal);
      const endMs = clock.monotonic();
      if (endMs - beginMs > pauseMs + PAUSE_MS) resumedAtMs = endMs;
    }
  };
  const bind = (host: ProbingHost | null): void => {
    bound?.end.abort();
    bound = null;
    if (!host) return;
    const end = new AbortController();
    const signal = AbortSignal.any([closing.signal, end.signal]);
    const options = { name: 'path probe', address: host.gateway, port, signal };
    const socket = openUdpSocket(
      { clock, log },
      { ...options, onDatagram: (bytes, _answer, from) => onDatagram(bytes, from) },
    );
    bound = { socket, end };
  };
  const running = run();
  return {
    update: (host, peers) => {
      const nowMs = clock.monotonic();
      if (host?.gateway !== own?.gateway) bind(host);
      own = host;
      const wanted = new Map(peers.map((peer) => [peer.hostId, peer]));
      for (const hostId of tracks.keys()) if (!wanted.has(hostId)) tracks.delete(hostId);
      const added: string[] = [];
      for (const [hostId, peer] of wanted) {
        const track = tracks.get(hostId);
        if (!track) added.push(hostId);
        tracks.set(hostId, track ? withPeer(track, peer, nowMs) : newPathTrack(peer, nowMs));
      }
      turns = [...added, ...turns.filter((hostId) => wanted.has(hostId))];
      sources.clear();
      if (added.length > 0) wakeUp.wake();
    },
    status: () => {
      const nowMs = clock.monotonic();
      return new Map([...tracks].map(([hostId, track]) => [hostId, peerPath(track, nowMs, clock.now())]));
    },
    problem: () => bound?.socket.problem() ?? null,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      closing.abort();
      await Promise.all([running, bound?.socket.done]);
    },
  };
}

/** The peer with this hash whose subnets contain the source address; null: a stranger. */
function senderOf(
  hash: number,
  source: string,
  tracks: ReadonlyMap<string, PathTrack>,
  known: Map<string, string>,
): string | null {
  const before = known.get(source);
  if (before !== undefined) return tracks.get(before)?.hash === hash ? before : null;
  const address = parseAddress(source);
  if (!address.ok) return null;
  const isFrom = ({ hash: own, peer }: PathTrack): boolean =>
    own === hash && peer.subnets.some((subnet) => contains(parseIpv4Cidr(subnet), address.value));
  const hostId = [...tracks].find(([, track]) => isFrom(track))?.[0] ?? null;
  if (hostId !== null) known.set(source, hostId);
  return hostId;
}

function contains(cidr: Cidr | null, address: Parameters<typeof cidrContains>[1]): boolean {
  return cidr !== null && cidrContains(cidr, address);
}
