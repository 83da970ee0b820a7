import type { Socket } from 'node:net';
import type { Upstream } from '../../../model/index.ts';
import { createFrameReader, frame } from '../../wire/framing.ts';
import { connectTcp, type Egress } from './egress.ts';

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

export function createTcpExchanges(egress: Egress): TcpExchanges {
  const open = new Set<TcpExchange>();
  let closed = false;
  return {
    start: (message, upstream) => {
      const socket = closed || open.size >= MAX_EXCHANGES ? null : socketTo(upstream, egress);
      if (socket === null) return { reply: Promise.resolve(null), end: () => undefined };
      const exchange = startExchange(message, socket);
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

function socketTo(upstream: Upstream, egress: Egress): Socket | null {
  try {
    return connectTcp(upstream, egress);
  } catch {
    return null;
  }
}

function startExchange(message: Buffer, socket: Socket): TcpExchange {
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
