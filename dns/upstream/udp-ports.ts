import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { formatUpstream, type Upstream } from './address.ts';
import type { Alarms } from './alarms.ts';
import type { Random } from './random.ts';

/**
 * Ports to ask upstreams from. A port is random, connected to its one upstream (the kernel drops what others send and tells
 * of closed ports), and used for a few questions only, so that a forger never learns one that is worth anything
 * [RFC 5452 §4.5]. One for each question would be safest, but costs three times as much as all the rest of a question.
 */
export interface UdpPorts {
  /** A port and an id to ask from; `receive` gets what comes for that id, null when nothing will ever come. */
  open(upstream: Upstream, receive: (message: Buffer | null) => void): UdpSeat;
  close(): void;
}

export interface UdpSeat {
  /** The id the message has to have. */
  readonly id: number;
  send(message: Buffer): void;
  /** Gives the id back. Idempotent. */
  end(): void;
}

export interface UdpPortsDependencies {
  readonly alarms: Alarms;
  readonly random: Random;
  /** Told of each message that belonged to no question: late ones and forgeries. */
  readonly onUnexpected: (upstream: Upstream) => void;
}

/** Ports of one upstream in use at a time; which one a question takes is drawn. */
const SLOTS = 8;
const QUESTIONS_A_PORT = 32;
const PORT_AGE_MS = 2_000;
/** More wrong guesses at a port than this, and it is given up. */
const UNEXPECTED_A_PORT = 20;
const MAX_SOCKETS = 1_000;

export function createUdpPorts(
  { alarms, random, onUnexpected }: UdpPortsDependencies,
  { source }: { readonly source: string | null },
): UdpPorts {
  const slots = new Map<string, Port>();
  const all = new Set<Port>();
  let closed = false;

  const portOf = (upstream: Upstream): Port | null => {
    const slot = `${random.pick(SLOTS)} ${formatUpstream(upstream)}`;
    const present = slots.get(slot);
    if (present?.isOpen() && (present.takes() || all.size >= MAX_SOCKETS)) return present;
    if (closed || all.size >= MAX_SOCKETS) return null;
    const port: Port = openPort(upstream, source, {
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
    alarms.in(PORT_AGE_MS, port.retire);
    return port;
  };

  return {
    open: (upstream, receive) => portOf(upstream)?.seat(receive) ?? nowhere(receive),
    close: () => {
      closed = true;
      for (const port of all) port.close();
    },
  };
}

function nowhere(receive: (message: null) => void): UdpSeat {
  queueMicrotask(() => receive(null));
  return { id: 0, send: () => undefined, end: () => undefined };
}

interface Port {
  isOpen(): boolean;
  /** Whether another question may use it. */
  takes(): boolean;
  seat(receive: (message: Buffer | null) => void): UdpSeat | null;
  /** No new questions; closed when the last one has ended. */
  retire(): void;
  close(): void;
}

interface PortDependencies {
  readonly random: Random;
  readonly onUnexpected: (upstream: Upstream) => void;
  readonly onClose: () => void;
}

function openPort(
  upstream: Upstream,
  source: string | null,
  { random, onUnexpected, onClose }: PortDependencies,
): Port {
  const seats = new Map<number, (message: Buffer | null) => void>();
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
    const waiting = [...seats.values()];
    seats.clear();
    for (const receive of waiting) receive(null);
  };
  const retire = (): void => {
    retired = true;
    if (seats.size === 0) close();
  };
  const send = (message: Buffer): void => {
    if (!open) return;
    if (unsent) unsent.push(message);
    else socket.send(message, (error) => error && close());
  };
  const received = (message: Buffer): void => {
    const receive = message.length >= 2 ? seats.get(message.readUInt16BE(0)) : undefined;
    if (receive) {
      receive(message);
      return;
    }
    onUnexpected(upstream);
    unexpected += 1;
    if (unexpected >= UNEXPECTED_A_PORT) retire();
  };
  const socket = connectedSocket(upstream, source, {
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
    takes: () => !retired && questions < QUESTIONS_A_PORT,
    retire,
    close,
    seat: (receive) => {
      if (!open) return null;
      questions += 1;
      let id = random.id();
      while (seats.has(id)) id = random.id();
      seats.set(id, receive);
      const end = (): void => {
        if (seats.get(id) !== receive) return;
        seats.delete(id);
        if (retired && seats.size === 0) close();
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

function connectedSocket(upstream: Upstream, source: string | null, { ready, received, failed }: SocketEvents): Socket {
  const family = isIP(upstream.address) === 6 ? 6 : 4;
  // Addresses need no look-up; the usual one takes a turn of the event loop for each.
  const lookup = (address: string, _options: unknown, found: (error: null, address: string, family: number) => void) =>
    found(null, address, family);
  const socket = createSocket({ type: `udp${family}`, lookup: lookup as never });
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', failed);
  socket.on('message', received);
  socket.on('connect', ready);
  const own = source !== null && isIP(source) === family ? { address: source } : {};
  socket.bind({ port: 0, exclusive: true, ...own }, () => {
    if (!closed) socket.connect(upstream.port, upstream.address);
  });
  return socket;
}
