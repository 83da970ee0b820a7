import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import { createFrameReader, frame } from '../wire/framing.ts';
import type { Upstream } from './address.ts';

export interface Exchange {
  /** The message to send; its id is the one the reply must have. */
  readonly message: Buffer;
  readonly upstream: Upstream;
  /** Which replies are replies to it. */
  readonly accept: (reply: Buffer) => boolean;
  /** Address to send from, to upstreams of its family; null: the system's choice. */
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
export function exchangeUdp(exchange: Exchange): Promise<Buffer> {
  const { message, upstream, accept, signal, repeatMs } = exchange;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket(isIP(upstream.address) === 6 ? 'udp6' : 'udp4');
  const source = sourceOf(exchange);
  let repeat: NodeJS.Timeout | undefined;
  let over = false;
  const send = () => socket.send(message, (error) => error && reject(error));
  socket.on('error', reject);
  socket.on('message', (reply) => accept(reply) && resolve(reply));
  socket.on('connect', () => {
    if (over) return;
    send();
    repeat = setInterval(send, repeatMs);
  });
  socket.bind({ port: 0, ...(source ? { address: source } : {}) }, () => {
    if (!over) socket.connect(upstream.port, upstream.address);
  });
  return ended(promise, signal, reject).finally(() => {
    over = true;
    clearInterval(repeat);
    socket.close();
  });
}

/** Asks over TCP, for replies that were cut. */
export function exchangeTcp(exchange: Exchange): Promise<Buffer> {
  const { message, upstream, accept, signal } = exchange;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const source = sourceOf(exchange);
  const to = { host: upstream.address, port: upstream.port };
  const socket = connect(source ? { ...to, localAddress: source } : to);
  const read = createFrameReader((reply) => {
    if (accept(reply)) resolve(reply);
    else reject(new Error('the reply was to another question'));
  });
  socket.on('error', reject);
  socket.on('end', () => reject(new Error('the connection ended before a reply')));
  socket.on('data', read);
  socket.write(frame(message));
  return ended(promise, signal, reject).finally(() => socket.destroy());
}

function sourceOf({ source, upstream }: Exchange): string | null {
  return source !== null && isIP(source) === isIP(upstream.address) ? source : null;
}

/** The promise, rejected when the signal aborts before it is settled. */
function ended<T>(promise: Promise<T>, signal: AbortSignal, reject: (reason: unknown) => void): Promise<T> {
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', abort));
}
