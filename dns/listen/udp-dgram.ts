import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { plainAddress } from '../../model/index.ts';
import { addressNumber } from '../query/address-number.ts';
import { GENERAL_PATH } from '../query/fast-answer.ts';
import { readOverflow } from './overflow.ts';
import { untilQuiet } from './quiet.ts';
import type { Listen, UdpServer } from './server.ts';
import type { UdpContext } from './udp-context.ts';

/**
 * Room for a burst: the kernel drops what does not fit, and a client waits seconds before it retries. The kernel gives as
 * much of it as `net.core.rmem_max` allows.
 */
const RECEIVE_BUFFER_SIZE = 16 * 1024 * 1024;
/** Replies are written here in turn: one that the kernel does not take at once must not be overwritten until it does. */
const RING_SLOTS = 1_024;
const RING_SLOT = 1_232;
/** A socket that leaves its group is connected to its own address, at a port that never sends. */
const DISCARD_PORT = 9;
/** One of so many fast replies is timed and counts for all of them, because reading the clock takes time, too. */
const TIMED_REPLIES = 16;

/** UDP with Node's own sockets: one system call for each datagram. */
export async function serveDgram(context: UdpContext, { address, port }: Listen): Promise<UdpServer> {
  const { general, clock } = context;
  const socket = openSocket(address);
  const sender = createSender(socket, address);
  let seen = 0;
  const fast = createFastReplies(context, sender.send);
  socket.on('message', (message: Buffer, from: RemoteInfo) => {
    seen += 1;
    // Port 0 cannot be answered.
    if (from.port === 0 || fast(message, from)) return;
    const client = { address: plainAddress(from.address), transport: 'udp' } as const;
    if (general.admits(client.address)) general.take({ message, client, reply: (reply) => sender.send(reply, from) });
  });
  const { gone } = await bind(socket, { address, port });
  const bound = { address, port: socket.address().port };
  return {
    mode: 'dgram',
    port: bound.port,
    losses: () => ({ overflown: readOverflow(bound), unsent: sender.unsent() }),
    leave: async (signal) => {
      if (sender.leaveGroup()) await untilQuiet(clock, { seen: () => seen, idle: general.idle }, signal);
    },
    close: () => {
      sender.close();
      return gone;
    },
  };
}

function openSocket(address: string): Socket {
  const family = isIP(address) === 6 ? 6 : 4;
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    reusePort: true,
    recvBufferSize: RECEIVE_BUFFER_SIZE,
    // Addresses are numeric. The system's resolver would call back in a later turn of the event loop.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
}

/** Resolves when the socket is bound, with a promise of its end. */
async function bind(socket: Socket, { address, port }: Listen): Promise<{ readonly gone: Promise<void> }> {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.once('close', end);
  socket.bind({ address, port, exclusive: true }, resolve);
  await listening;
  socket.on('error', () => undefined);
  return { gone };
}

interface Sender {
  send(reply: Uint8Array, to: RemoteInfo): void;
  /** Replies that were not sent. */
  unsent(): number;
  /** Lets other sockets on the same port receive all queries. False: the socket is closed. Idempotent. */
  leaveGroup(): boolean;
  /** Idempotent. */
  close(): void;
}

function createSender(socket: Socket, address: string): Sender {
  let unsent = 0;
  let left = false;
  let closed = false;
  const countUnsent = (error: Error | null): void => {
    if (error) unsent += 1;
  };
  const disappear = (): void => socket.connect(DISCARD_PORT, ownAddress(address));
  return {
    send: (reply, to) => {
      if (closed) return;
      if (socket.getSendQueueCount() >= RING_SLOTS / 2) {
        unsent += 1;
        return;
      }
      // In Node a connected socket sends to its peer only, so it joins the group again for this one call.
      if (left) socket.disconnect();
      // A client that is gone is not an error.
      socket.send(reply, to.port, to.address, countUnsent);
      if (left) disappear();
    },
    unsent: () => unsent,
    leaveGroup: () => {
      if (closed) return false;
      if (!left) disappear();
      left = true;
      return true;
    },
    close: () => {
      if (!closed) socket.close();
      closed = true;
    },
  };
}

/** Returns the function that answers from the hot path; false: the general path has to answer. */
function createFastReplies(
  { fast, onFast }: UdpContext,
  send: Sender['send'],
): (message: Buffer, from: RemoteInfo) => boolean {
  const ring = Buffer.alloc(RING_SLOTS * RING_SLOT);
  let slot = 0;
  let untimed = 0;
  return (message, from) => {
    const source = from.family === 'IPv4' ? addressNumber(from.address) : 0;
    if (source === 0) return false;
    const startMs = untimed >= TIMED_REPLIES - 1 ? performance.now() : 0;
    const at = slot * RING_SLOT;
    const length = fast(message, 0, message.length, source, ring, at);
    if (length === GENERAL_PATH) return false;
    send(ring.subarray(at, at + length), from);
    slot = (slot + 1) % RING_SLOTS;
    untimed += 1;
    if (startMs > 0) {
      onFast?.((performance.now() - startMs) * 1_000, untimed);
      untimed = 0;
    }
    return true;
  };
}

function ownAddress(address: string): string {
  if (isIP(address) === 6) return /^[0:]+$/.test(address) ? '::1' : address;
  return address === '0.0.0.0' ? '127.0.0.1' : address;
}
