import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { plainAddress } from '../../model/index.ts';
import type { Client } from '../answer/answerer.ts';

export interface Server {
  readonly port: number;
  /** Idempotent; resolves when the last socket is gone. */
  close(): Promise<void>;
}

export interface Listen {
  readonly address: string;
  readonly port: number;
}

/** Never rejects. */
export type Answer = (message: Buffer, client: Client) => Promise<Buffer | null> | Buffer | null;

/** Room for a burst: the kernel drops what does not fit, and a client waits seconds before it asks again. */
const RECEIVE_BUFFER_SIZE = 4 * 1024 * 1024;

export async function serveUdp(answer: Answer, { address, port }: Listen): Promise<Server> {
  const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_SIZE });
  const send = (reply: Buffer | null, to: { address: string; port: number }): void => {
    // A client that is gone is no error of ours.
    if (reply && !closed) socket.send(reply, to.port, to.address, () => undefined);
  };
  let closed = false;
  socket.on('message', (message, from) => {
    const reply = answer(message, { address: plainAddress(from.address), transport: 'udp' });
    if (reply instanceof Promise) void reply.then((late) => send(late, from));
    else send(reply, from);
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.once('close', end);
  socket.bind({ address, port, exclusive: true }, resolve);
  await listening;
  socket.on('error', () => undefined);
  return {
    port: socket.address().port,
    close: () => {
      if (!closed) socket.close();
      closed = true;
      return gone;
    },
  };
}
