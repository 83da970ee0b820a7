import { createSocket, type Socket } from 'node:dgram';
import { type Message, read } from './read.ts';

export interface At {
  readonly address: string;
  readonly port: number;
}

export interface UdpOptions {
  /** Source address. */
  readonly from?: string;
  readonly timeoutMs?: number;
}

/** A connected client socket: accepts replies only from the queried address and port [RFC 2181 §4]. */
export interface UdpClient extends AsyncDisposable {
  send(bytes: Buffer): void;
  /** The next datagram; null if none arrives in time. */
  next(timeoutMs?: number): Promise<Buffer | null>;
}

/** Long enough for a busy machine. Only a missing reply takes this long. */
const TIMEOUT_MS = 10_000;

export async function openUdp(at: At, from = '127.0.0.1'): Promise<UdpClient> {
  const socket = createSocket('udp4');
  const waiting: ((bytes: Buffer) => void)[] = [];
  const arrived: Buffer[] = [];
  socket.on('message', (bytes) => {
    const taker = waiting.shift();
    if (taker) taker(bytes);
    else arrived.push(bytes);
  });
  socket.on('error', () => undefined);
  await connected(socket, at, from);
  const next = (timeoutMs = TIMEOUT_MS): Promise<Buffer | null> => {
    const here = arrived.shift();
    if (here) return Promise.resolve(here);
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(resolve), 1);
      resolve(null);
    }, timeoutMs);
    waiting.push(resolve);
    return promise.finally(() => clearTimeout(timer));
  };
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return { send: (bytes) => socket.send(bytes), next, [Symbol.asyncDispose]: close };
}

async function connected(socket: Socket, { address, port }: At, from: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind({ address: from, port: 0 }, () => socket.connect(port, address, () => resolve()));
  await promise;
}

/** Sends one query; returns the reply, or null if there is none. */
export async function askUdp(at: At, bytes: Buffer, options: UdpOptions = {}): Promise<Message | null> {
  await using client = await openUdp(at, options.from);
  client.send(bytes);
  const reply = await client.next(options.timeoutMs);
  return reply && read(reply);
}
