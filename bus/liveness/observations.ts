import type { Packet } from './packet.ts';

/** Another host as it is probed. */
export interface LivenessPeer {
  readonly hostId: string;
  readonly address: string;
  readonly port: number;
  /** `Host.incarnation`, as last published. */
  readonly incarnation: number;
}

/** What is known of one other host by its packets. Times are monotonic milliseconds. */
interface Observation {
  peer: LivenessPeer;
  /** When it was first of interest, or when we woke after a pause. */
  sinceMs: number;
  heardMs: number | null;
  /** The highest of its own pings, of this incarnation. */
  incarnation: number;
  sequence: number;
  /** The last ping we sent it, and the last one it answered. */
  sent: number;
  answered: number;
}

export interface Silence {
  /** Since the last packet; null if there was none. */
  readonly heardMs: number | null;
  /** What counts: not the time before we looked, nor that in which we did not run. */
  readonly silentMs: number;
}

/** Who was heard when. */
export interface Observations {
  /** The hosts there are now; others are forgotten. */
  keep(peers: readonly LivenessPeer[], nowMs: number): void;
  /** The next ping to a host. */
  nextSequence(hostId: string): number;
  /** Takes a packet that was meant for us; an old or repeated one proves nothing. */
  take(packet: Packet, nowMs: number): void;
  /** We did not run for a while: nobody's silence in that time counts. */
  forgive(nowMs: number): void;
  silence(hostId: string, nowMs: number): Silence;
  /** The highest incarnation known of it. */
  incarnation(hostId: string): number;
  peer(hostId: string): LivenessPeer | null;
}

export function createObservations(): Observations {
  const hosts = new Map<string, Observation>();
  let sequence = 0;
  const isFresh = (host: Observation, packet: Packet): boolean => {
    if (packet.kind === 'pong') return packet.sequence > host.answered && packet.sequence <= host.sent;
    const { incarnation, sequence: number } = packet;
    return incarnation > host.incarnation || (incarnation === host.incarnation && number > host.sequence);
  };
  return {
    keep: (peers, nowMs) => {
      const present = new Set(peers.map(({ hostId }) => hostId));
      for (const hostId of hosts.keys()) if (!present.has(hostId)) hosts.delete(hostId);
      for (const peer of peers) {
        const host = hosts.get(peer.hostId);
        if (host) host.peer = peer;
        else
          hosts.set(peer.hostId, {
            peer,
            sinceMs: nowMs,
            heardMs: null,
            incarnation: 0,
            sequence: 0,
            sent: 0,
            answered: 0,
          });
      }
    },
    nextSequence: (hostId) => {
      sequence += 1;
      const host = hosts.get(hostId);
      if (host) host.sent = sequence;
      return sequence;
    },
    take: (packet, nowMs) => {
      const host = hosts.get(packet.from);
      if (!host || !isFresh(host, packet)) return;
      host.heardMs = nowMs;
      host.incarnation = Math.max(host.incarnation, packet.incarnation);
      if (packet.kind === 'ping') host.sequence = packet.sequence;
      else host.answered = packet.sequence;
    },
    forgive: (nowMs) => {
      for (const host of hosts.values()) host.sinceMs = nowMs;
    },
    silence: (hostId, nowMs) => {
      const host = hosts.get(hostId);
      if (!host) return { heardMs: null, silentMs: 0 };
      const { heardMs, sinceMs } = host;
      return { heardMs: heardMs === null ? null : nowMs - heardMs, silentMs: nowMs - Math.max(sinceMs, heardMs ?? 0) };
    },
    incarnation: (hostId) => {
      const host = hosts.get(hostId);
      return host ? Math.max(host.incarnation, host.peer.incarnation) : 0;
    },
    peer: (hostId) => hosts.get(hostId)?.peer ?? null,
  };
}
