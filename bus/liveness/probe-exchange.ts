import { type Clock, type Log, openUdpSocket, type UdpSocket } from '../../system/index.ts';
import { createObservations, type LivenessPeer, type Observations } from './observations.ts';
import { encodePacket, parsePacket } from './packet.ts';

export interface ProbeExchangeOptions {
  readonly hostId: string;
  /** `Host.incarnation` of this agent. */
  readonly incarnation: number;
  /** Authenticates the packets of one environment. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** Sends pings, answers those of other hosts, and observes which hosts send packets. */
export interface ProbeExchange {
  readonly socket: UdpSocket;
  readonly observations: Observations;
  ping(peer: LivenessPeer): void;
}

export function createProbeExchange(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { hostId: self, incarnation, key, address, port, signal }: ProbeExchangeOptions,
): ProbeExchange {
  const observations = createObservations();
  const onDatagram = (bytes: Buffer, answer: (bytes: Buffer) => void): void => {
    const packet = parsePacket(bytes, key);
    if (!packet || packet.to !== self || packet.from === self) return;
    if (packet.kind === 'ping') {
      const { from, sequence } = packet;
      answer(encodePacket({ kind: 'pong', from: self, to: from, incarnation, sequence }, key));
    }
    observations.record(packet, clock.monotonic());
  };
  const socket = openUdpSocket({ clock, log }, { name: 'liveness', address, port, signal, onDatagram });
  return {
    socket,
    observations,
    ping: (peer) => {
      const sequence = observations.nextSequence(peer.hostId);
      const ping = encodePacket({ kind: 'ping', from: self, to: peer.hostId, incarnation, sequence }, key);
      socket.send(ping, peer.port, peer.address);
    },
  };
}
