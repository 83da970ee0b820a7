import { connect, isIP } from 'node:net';
import type { Upstream } from '../../../model/index.ts';
import { createFrameReader, frame } from '../../wire/framing.ts';

/** A query over TCP, used for truncated replies and when a UDP reply may be forged. */
export interface TcpExchange {
  /** The first message received; null if none arrives. Never rejects. */
  readonly reply: Promise<Buffer | null>;
  /** Idempotent. */
  end(): void;
}

export interface TcpExchanges {
  start(message: Buffer, upstream: Upstream): TcpExchange;
  /** Ends all exchanges. */
  close(): void;
}

/** More at a time are refused. Truncated replies are rare. */
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
