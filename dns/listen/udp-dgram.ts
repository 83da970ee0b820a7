import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';
import { plainAddress } from '../../model/index.ts';
import { addressNumber } from '../query/address-number.ts';
import { GENERAL_PATH } from '../query/fast-answer.ts';
import { readOverflow } from './overflow.ts';
import { untilQuiet } from './quiet.ts';
import type { Listen, UdpServer } from './server.ts';
import type { UdpContext } from './server-udp.ts';

/** Room for a burst: the kernel drops what does not fit, and a client waits seconds before it asks again. */
/** As much of it as `net.core.rmem_max` allows. */
const RECEIVE_BUFFER_SIZE = 16 * 1024 * 1024;
/** Replies are written here in turn: one that the kernel does not take at once must stay as it is until it does. */
const RING_SLOTS = 1_024;
const RING_SLOT = 1_232;
/** Where a socket that leaves its group is connected to: ourselves, at a port that we never send from. */
const DISCARD_PORT = 9;
/** One in so many fast replies is timed, and stands for the others: looking at the clock costs, too. */
const TIMED_REPLIES = 16;

/** UDP with what Node has. */
export async function serveDgram(
  { fast, onFast, general, clock }: UdpContext,
  { address, port }: Listen,
): Promise<UdpServer> {
  const family = isIP(address) === 6 ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    reusePort: true,
    recvBufferSize: RECEIVE_BUFFER_SIZE,
    // Addresses are numbers; the way through the system's resolver would end in a later turn of the event loop.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  const ring = Buffer.alloc(RING_SLOTS * RING_SLOT);
  let slot = 0;
  let untimed = 0;
  let seen = 0;
  let unsent = 0;
  let left = false;
  let closed = false;

  const send = (reply: Uint8Array, to: RemoteInfo): void => {
    if (closed) return;
    if (socket.getSendQueueCount() >= RING_SLOTS / 2) {
      unsent += 1;
      return;
    }
    // A socket with a peer sends to nobody else in Node; it is back in its group for this one call.
    if (left) socket.disconnect();
    // A client that is gone is no error of ours.
    socket.send(reply, to.port, to.address, countUnsent);
    if (left) leaveGroup();
  };
  const countUnsent = (error: Error | null): void => {
    if (error) unsent += 1;
  };
  const leaveGroup = (): void => {
    const ourselves = isUnspecified(address) ? (family === 6 ? '::1' : '127.0.0.1') : address;
    socket.connect(DISCARD_PORT, ourselves);
  };
  const onMessage = (message: Buffer, from: RemoteInfo): void => {
    seen += 1;
    // Nobody can be answered at port 0.
    if (from.port === 0) return;
    const source = family === 4 ? addressNumber(from.address) : 0;
    const startMs = untimed >= TIMED_REPLIES - 1 ? performance.now() : 0;
    const length = source === 0 ? GENERAL_PATH : fast(message, 0, message.length, source, ring, slot * RING_SLOT);
    if (length > 0) {
      send(ring.subarray(slot * RING_SLOT, slot * RING_SLOT + length), from);
      slot = (slot + 1) % RING_SLOTS;
      untimed += 1;
      if (startMs > 0) {
        onFast?.((performance.now() - startMs) * 1_000, untimed);
        untimed = 0;
      }
    } else if (length === GENERAL_PATH) {
      const client = { address: plainAddress(from.address), transport: 'udp' } as const;
      if (general.admits(client.address)) general.take({ message, client, reply: (reply) => send(reply, from) });
    }
  };

  socket.on('message', onMessage);
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.once('close', end);
  socket.bind({ address, port, exclusive: true }, resolve);
  await listening;
  socket.on('error', () => undefined);
  const bound = { address, port: socket.address().port };
  return {
    mode: 'dgram',
    port: bound.port,
    losses: () => ({ overflown: readOverflow(bound), unsent }),
    leave: async (signal) => {
      if (closed) return;
      if (!left) leaveGroup();
      left = true;
      await untilQuiet(clock, { seen: () => seen, idle: general.idle }, signal);
    },
    close: () => {
      if (!closed) socket.close();
      closed = true;
      return gone;
    },
  };
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}
