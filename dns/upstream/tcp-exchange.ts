import { connect, isIP } from 'node:net';
import { createFrameReader, frame } from '../wire/framing.ts';
import type { Upstream } from './address.ts';

/** A question over TCP, for replies that were cut and where UDP is in doubt. */
export interface TcpExchange {
  /** The first message that comes; null for none. Never rejects. */
  readonly reply: Promise<Buffer | null>;
  /** Idempotent. */
  end(): void;
}

export function exchangeTcp(message: Buffer, upstream: Upstream, source: string | null): TcpExchange {
  const own = source !== null && isIP(source) === isIP(upstream.address) ? { localAddress: source } : {};
  const socket = connect({ host: upstream.address, port: upstream.port, noDelay: true, ...own });
  const { promise: reply, resolve } = Promise.withResolvers<Buffer | null>();
  const settle = (message: Buffer | null): void => {
    resolve(message);
    socket.destroy();
  };
  socket.on('data', createFrameReader(settle));
  socket.on('error', () => settle(null));
  socket.on('close', () => settle(null));
  socket.write(frame(message));
  return { reply, end: () => settle(null) };
}
