import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import { createFrameReader, frame } from '../framing.ts';
import type { Upstream } from './address.ts';

export interface Exchange {
  /** The message to send; its id is the one the reply must have. */
  readonly message: Buffer;
  readonly upstream: Upstream;
  /** Which replies are replies to it. */
  readonly accept: (reply: Buffer) => boolean;
  /** Address to send from; null: the system's choice. */
  readonly source: string | null;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** How often the question is repeated over UDP meanwhile. */
  readonly repeatMs: number;
}

/**
 * Asks over UDP from a fresh port, which is the larger part of what a forger has to guess [RFC 5452 §4.5]. Resolves with
 * the first reply that is accepted; rejects when the port is closed or the signal aborts.
 */
export function exchangeUdp({ message, upstream, accept, source, signal, repeatMs }: Exchange): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket(isIP(upstream.address) === 6 ? 'udp6' : 'udp4');
  const abort = () => reject(signal.reason);
  const send = () => socket.send(message, (error) => error && reject(error));
  let repeat: NodeJS.Timeout | undefined;
  socket.on('error', reject);
  socket.on('message', (reply) => accept(reply) && resolve(reply));
  socket.on('connect', () => {
    send();
    repeat = setInterval(send, repeatMs);
  });
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  else
    socket.bind({ port: 0, ...(source ? { address: source } : {}) }, () =>
      socket.connect(upstream.port, upstream.address),
    );
  return promise.finally(() => {
    clearInterval(repeat);
    signal.removeEventListener('abort', abort);
    socket.close();
  });
}

/** Asks over TCP, for replies that were cut. */
export function exchangeTcp({ message, upstream, accept, source, signal }: Exchange): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = connect({ host: upstream.address, port: upstream.port, ...(source ? { localAddress: source } : {}) });
  const abort = () => reject(signal.reason);
  const read = createFrameReader((reply) => {
    if (accept(reply)) resolve(reply);
    else reject(new Error('the reply was to another question'));
  });
  socket.on('error', reject);
  socket.on('end', () => reject(new Error('the connection ended before a reply')));
  socket.on('data', read);
  socket.write(frame(message));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return promise.finally(() => {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  });
}
