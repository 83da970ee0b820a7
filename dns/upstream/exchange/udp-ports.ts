import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { formatUpstream, type Upstream } from '../../../model/index.ts';
import type { TimerWheel } from '../../../system/index.ts';
import { connectUdp, type Egress } from './egress.ts';
import type { Random } from './random.ts';

/**
 * Source ports for queries to upstreams. A port is random and connected to one upstream, so that the kernel drops packets of
 * others and reports closed ports. It is used for a few queries only, so that an attacker cannot make use of a port number
 * [RFC 5452 §4.5]. A port for each query would be safer, but costs three times as much as the rest of a query.
 */
export interface UdpPorts {
  /** Opens a port and an id. `receive` gets the messages for that id, and null when none can arrive any more. */
  open(upstream: Upstream, receive: (message: Buffer | null) => void): UdpChannel;
  close(): void;
}

export interface UdpChannel {
  /** The id that the query must have. */
  readonly id: number;
  send(message: Buffer): void;
  /** Frees the id. Idempotent. */
  end(): void;
}

export interface UdpPortsDependencies {
  readonly timers: TimerWheel;
  readonly random: Random;
  /** Called for each message that matches no query: late or forged replies. */
  readonly onUnexpected: (upstream: Upstream) => void;
}

/** Ports of one upstream in use at a time; each query picks one at random. */
const SLOTS = 8;
const QUERIES_PER_PORT = 32;
const PORT_AGE_MS = 2_000;
/** A port is closed after this many messages that match no query: someone guesses ids. */
const UNEXPECTED_PER_PORT = 20;
const MAX_SOCKETS = 1_000;

export function createUdpPorts({ timers, random, onUnexpected }: UdpPortsDependencies, egress: Egress): UdpPorts {
  const slots = new Map<string, Port>();
  const all = new Set<Port>();
  let closed = false;

  const portOf = (upstream: Upstream): Port | null => {
    const slot = `${random.pick(SLOTS)} ${formatUpstream(upstream)}`;
    const present = slots.get(slot);
    if (present?.isOpen() && (present.takes() || all.size >= MAX_SOCKETS)) return present;
    if (closed || all.size >= MAX_SOCKETS) return null;
    const port: Port = openPort(upstream, egress, {
      random,
      onUnexpected,
      onClose: () => {
        all.delete(port);
        if (slots.get(slot) === port) slots.delete(slot);
      },
    });
    present?.retire();
    all.add(port);
    slots.set(slot, port);
    timers.add(PORT_AGE_MS, port.retire);
    return port;
  };

  return {
    open: (upstream, receive) => portOf(upstream)?.channel(receive) ?? nowhere(receive),
    close: () => {
      closed = true;
      for (const port of all) port.close();
    },
  };
}

function nowhere(receive: (message: null) => void): UdpChannel {
  queueMicrotask(() => receive(null));
  return { id: 0, send: () => undefined, end: () => undefined };
}

interface Port {
  isOpen(): boolean;
  /** Whether another query may use the port. */
  takes(): boolean;
  channel(receive: (message: Buffer | null) => void): UdpChannel | null;
  /** Accepts no new queries; closes after the last one has ended. */
  retire(): void;
  close(): void;
}

interface PortDependencies {
  readonly random: Random;
  readonly onUnexpected: (upstream: Upstream) => void;
  readonly onClose: () => void;
}

function openPort(upstream: Upstream, egress: Egress, { random, onUnexpected, onClose }: PortDependencies): Port {
  const channels = new Map<number, (message: Buffer | null) => void>();
  let unsent: Buffer[] | null = [];
  let questions = 0;
  let unexpected = 0;
  let retired = false;
  let open = true;

  const close = (): void => {
    if (!open) return;
    open = false;
    socket.close();
    onClose();
    const waiting = [...channels.values()];
    channels.clear();
    for (const receive of waiting) receive(null);
  };
  const retire = (): void => {
    retired = true;
    if (channels.size === 0) close();
  };
  const send = (message: Buffer): void => {
    if (!open) return;
    if (unsent) unsent.push(message);
    else socket.send(message, (error) => error && close());
  };
  const received = (message: Buffer): void => {
    const receive = message.length >= 2 ? channels.get(message.readUInt16BE(0)) : undefined;
    if (receive) {
      receive(message);
      return;
    }
    onUnexpected(upstream);
    unexpected += 1;
    if (unexpected >= UNEXPECTED_PER_PORT) retire();
  };
  const socket = connectedSocket(upstream, egress, {
    ready: () => {
      const waiting = unsent ?? [];
      unsent = null;
      for (const message of waiting) send(message);
    },
    received,
    failed: close,
  });

  return {
    isOpen: () => open,
    takes: () => !retired && questions < QUERIES_PER_PORT,
    retire,
    close,
    channel: (receive) => {
      if (!open) return null;
      questions += 1;
      let id = random.id();
      while (channels.has(id)) id = random.id();
      channels.set(id, receive);
      const end = (): void => {
        if (channels.get(id) !== receive) return;
        channels.delete(id);
        if (retired && channels.size === 0) close();
      };
      return { id, send, end };
    },
  };
}

interface SocketEvents {
  readonly ready: () => void;
  readonly received: (message: Buffer) => void;
  readonly failed: () => void;
}

function connectedSocket(upstream: Upstream, egress: Egress, { ready, received, failed }: SocketEvents): Socket {
  const family = isIP(upstream.address) === 6 ? 6 : 4;
  // Addresses need no name look-up; the default one takes a turn of the event loop for each.
  const lookup = (address: string, _options: unknown, found: (error: null, address: string, family: number) => void) =>
    found(null, address, family);
  const socket = createSocket({ type: `udp${family}`, lookup: lookup as never });
  socket.on('error', failed);
  socket.on('message', received);
  socket.on('connect', ready);
  try {
    connectUdp(socket, upstream, egress);
  } catch {
    queueMicrotask(failed);
  }
  return socket;
}
