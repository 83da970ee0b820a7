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

export interface TcpExchanges {
  start(message: Buffer, upstream: Upstream): TcpExchange;
  /** Ends all. */
  close(): void;
}

/** More at a time are refused: replies are rarely cut, and never thousands at once. */
const MAX_EXCHANGES = 200;

export function createTcpExchanges({ source }: { readonly source: string | null }): TcpExchanges {
  const open = new Set<TcpExchange>();
  let closed = false;
  return {
    start: (message, upstream) => {
      if (closed || open.size >= MAX_EXCHANGES) return { reply: Promise.resolve(null), end: () => undefined };
      const exchange = startExchange(message, upstream, source);
      open.add(exchange);
      void exchange.reply.then(() => open.delete(exchange));
      return exchange;
    },
    close: () => {
      closed = true;
      for (const exchange of open) exchange.end();
    },
  };
}

function startExchange(message: Buffer, upstream: Upstream, source: string | null): TcpExchange {
  const own = source !== null && isIP(source) === isIP(upstream.address) ? { localAddress: source } : {};
  const socket = connect({ host: upstream.address, port: upstream.port, noDelay: true, ...own });
  const { promise: reply, resolve } = Promise.withResolvers<Buffer | null>();
  const settle = (received: Buffer | null): void => {
    resolve(received);
    socket.destroy();
  };
  socket.on('data', createFrameReader(settle));
  socket.on('error', () => settle(null));
  socket.on('close', () => settle(null));
  socket.write(frame(message));
  return { reply, end: () => settle(null) };
}
