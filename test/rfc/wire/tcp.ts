import { connect } from 'node:net';
import { u16 } from './bytes.ts';
import { type Message, read } from './read.ts';
import type { At } from './udp.ts';

/** A client connection. */
export interface TcpClient extends Disposable {
  /** Sends bytes unchanged in one write; ignored if the server has closed. */
  write(bytes: Buffer): Promise<void>;
  /** Sends FIN: no further queries. */
  end(): void;
  /** The next message; null if the server closed or none arrives in time. */
  next(timeoutMs?: number): Promise<Message | null>;
  /** Resolves when the server has closed; rejects if it does not in time. */
  closed(timeoutMs: number): Promise<void>;
  isOpen(): boolean;
}

/** Long enough for a busy machine. Only a missing reply takes this long. */
const TIMEOUT_MS = 10_000;

/** A message preceded by its length [RFC 1035 §4.2.2]. */
export function framed(bytes: Buffer): Buffer {
  return Buffer.concat([u16(bytes.length), bytes]);
}

export async function openTcp({ address, port }: At, from = '127.0.0.1'): Promise<TcpClient> {
  const socket = connect({ host: address, port, localAddress: from, noDelay: true, allowHalfOpen: true });
  const { promise: open, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('error', reject);
  const over = new AbortController();
  const waiting: (() => void)[] = [];
  const wake = () => {
    for (const resume of waiting.splice(0)) resume();
  };
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    wake();
  });
  for (const event of ['end', 'close', 'error']) socket.on(event, () => over.abort());
  over.signal.addEventListener('abort', wake);
  await open;
  const take = (): Buffer | null => {
    if (rest.length < 2 || rest.length < 2 + rest.readUInt16BE()) return null;
    const size = rest.readUInt16BE();
    const whole = rest.subarray(2, 2 + size);
    rest = rest.subarray(2 + size);
    return whole;
  };
  const until = async <T>(attempt: () => T | null, timeoutMs: number): Promise<T | null> => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const value = attempt();
      const leftMs = deadline - performance.now();
      if (value !== null || leftMs <= 0 || (over.signal.aborted && rest.length === 0)) return value;
      if (over.signal.aborted) throw new Error('the server closed in the middle of a message');
      await new Promise<void>((resume) => {
        const timer = setTimeout(resume, leftMs);
        waiting.push(() => {
          clearTimeout(timer);
          resume();
        });
      });
    }
  };
  return {
    write: (bytes) => new Promise((done) => socket.write(bytes, () => done())),
    end: () => void socket.end(),
    next: async (timeoutMs = TIMEOUT_MS) => {
      const whole = await until(take, timeoutMs);
      return whole && read(whole);
    },
    closed: async (timeoutMs) => {
      await until(() => (over.signal.aborted ? true : null), timeoutMs);
      if (!over.signal.aborted) throw new Error(`the connection is still open after ${timeoutMs} ms`);
    },
    isOpen: () => !over.signal.aborted,
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Sends one query over a new connection; null if the server closes or does not reply. */
export async function askTcp(at: At, bytes: Buffer, timeoutMs = TIMEOUT_MS): Promise<Message | null> {
  using client = await openTcp(at);
  await client.write(framed(bytes));
  const reply = await client.next(timeoutMs);
  return reply;
}
