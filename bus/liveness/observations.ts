import type { Packet } from './packet.ts';

/** Another host as it is probed. */
export interface LivenessPeer {
  readonly hostId: string;
  readonly address: string;
  readonly port: number;
  /** `Host.incarnation`, as last published. */
  readonly incarnation: number;
}

/** What the packets of another host tell about it. Times are monotonic milliseconds. */
interface Observation {
  peer: LivenessPeer;
  /** When it became a peer, or when its silence was restarted. */
  sinceMs: number;
  heardMs: number | null;
  incarnation: number;
  /** The highest sequence of its pings in this incarnation. */
  sequence: number;
  /** The sequence of our last ping to it. */
  sent: number;
  /** The highest sequence of our pings that it answered. */
  answered: number;
}

export interface Silence {
  /** Time since the last packet; null if there was none. */
  readonly heardMs: number | null;
  /** The silence that counts, without the time before we observed the host or while we did not run. */
  readonly silentMs: number;
}

/** When each host was heard. */
export interface Observations {
  /** Observes these hosts and forgets all others. */
  setPeers(peers: readonly LivenessPeer[], nowMs: number): void;
  /** The sequence of the next ping to a host. */
  nextSequence(hostId: string): number;
  /** Records a packet addressed to us. Old and repeated packets are ignored. */
  record(packet: Packet, nowMs: number): void;
  /** Ignores all silence so far, because we did not run or could not receive. */
  restartSilence(nowMs: number): void;
  silence(hostId: string, nowMs: number): Silence;
  /** The highest known incarnation, by its packets and by the bus. */
  incarnation(hostId: string): number;
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
    setPeers: (peers, nowMs) => {
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
    record: (packet, nowMs) => {
      const host = hosts.get(packet.from);
      if (!host || !isFresh(host, packet)) return;
      host.heardMs = nowMs;
      host.incarnation = Math.max(host.incarnation, packet.incarnation);
      if (packet.kind === 'ping') host.sequence = packet.sequence;
      else host.answered = packet.sequence;
    },
    restartSilence: (nowMs) => {
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
  };
}
