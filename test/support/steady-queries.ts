import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Resources } from './resources.ts';

/** Sends UDP queries at a steady rate from many ports, each once. A query without a reply counts as lost. */
export interface SteadyQueries {
  readonly sent: number;
  /** Stops sending, waits for outstanding replies, and returns the result. */
  stop(): Promise<Tally>;
}

export interface Tally {
  readonly sent: number;
  readonly answered: number;
  /** One line per query without a reply, or with another rcode than NOERROR. */
  readonly bad: readonly string[];
  readonly latenciesMs: readonly number[];
}

export interface SteadyOptions {
  readonly port: number;
  readonly server?: string;
  /** Address to ask from. */
  readonly from?: string;
  readonly perSecond: number;
  /** Ports to ask from. */
  readonly sockets?: number;
  readonly names: readonly string[];
  /** Makes a question; default: A records, plainly. */
  readonly encode?: (id: number, name: string) => Buffer;
}

/** Long, because a late reply is not a loss. */
const PATIENCE_MS = 15_000;
const TICK_MS = 2;

export async function startSteadyQueries(resources: Resources, options: SteadyOptions): Promise<SteadyQueries> {
  const {
    port,
    server = '127.0.0.1',
    from = '127.0.0.1',
    perSecond,
    sockets: count = 64,
    names,
    encode = encodeQuery,
  } = options;
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(from)));
  const latenciesMs: number[] = [];
  const bad: string[] = [];
  const underWay = sockets.map(() => new Map<number, { readonly name: string; readonly at: number }>());
  let sent = 0;
  for (const [index, socket] of sockets.entries()) {
    socket.on('message', (reply) => {
      const asked = underWay[index]?.get(reply.readUInt16BE(0));
      if (!asked) return;
      underWay[index]?.delete(reply.readUInt16BE(0));
      latenciesMs.push(performance.now() - asked.at);
      const rcode = reply.readUInt8(3) & 0xf;
      if (rcode !== 0) bad.push(`${asked.name}: rcode ${rcode}`);
    });
  }
  const ask = (): void => {
    const index = sent % count;
    const id = Math.floor(sent / count) & 0xffff;
    const name = names[sent % names.length] ?? '';
    underWay[index]?.set(id, { name, at: performance.now() });
    sockets[index]?.send(encode(id, name), port, server);
    sent += 1;
  };
  const start = performance.now();
  const timer = setInterval(() => {
    for (let due = ((performance.now() - start) * perSecond) / 1_000; sent < due; ) ask();
  }, TICK_MS);
  let closed = false;
  const close = (): void => {
    clearInterval(timer);
    if (!closed) for (const socket of sockets) socket.close();
    closed = true;
  };
  resources.add('steady queries', close);
  const missing = () => underWay.flatMap((asked) => [...asked.values()]);
  return {
    get sent() {
      return sent;
    },
    stop: async () => {
      clearInterval(timer);
      for (const deadline = performance.now() + PATIENCE_MS; missing().length > 0 && performance.now() < deadline; )
        await sleep(10);
      const lost = missing().map(
        ({ name, at }) => `${name}: no answer, asked ${Math.round(at - start)} ms after the start`,
      );
      close();
      return { sent, answered: latenciesMs.length, bad: [...bad, ...lost], latenciesMs };
    },
  };
}

/** A query for A records, recursion desired [RFC 1035 §4.1]. */
export function encodeQuery(id: number, name: string): Buffer {
  const header = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** The same with a DNS cookie, which the hot path does not answer [RFC 7873 §4]. */
export function encodeWithCookie(id: number, name: string): Buffer {
  const query = encodeQuery(id, name);
  query.writeUInt16BE(1, 10);
  return Buffer.concat([query, Buffer.from('000029100000000000000c000a00080102030405060708', 'hex')]);
}

async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 4 << 20,
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  socket.on('error', () => {});
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  return socket;
}

export interface TcpOptions {
  readonly port: number;
  readonly names: readonly string[];
  /** Questions on one connection before the next is opened. */
  readonly perConnection: number;
  readonly signal: AbortSignal;
}

/**
 * Sends queries over TCP, one after the other, until the signal aborts. After the server closes a connection in order, it opens
 * another one [RFC 7766 §6.2.4]. Any other failure is a line of `bad`.
 */
export async function askOverTcp({
  port,
  names,
  perConnection,
  signal,
}: TcpOptions): Promise<Omit<Tally, 'latenciesMs'>> {
  const bad: string[] = [];
  let sent = 0;
  let answered = 0;
  while (!signal.aborted) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const replies = readReplies(socket);
    for (let asked = 0; asked < perConnection && !signal.aborted; asked += 1) {
      const query = encodeQuery(sent & 0xffff, names[sent % names.length] ?? '');
      socket.write(Buffer.concat([Buffer.from([0, query.length]), query]));
      const outcome = await replies.next();
      if (outcome === 'ended') break;
      sent += 1;
      if (outcome !== 'answered') {
        bad.push(outcome);
        break;
      }
      answered += 1;
      await sleep(3);
    }
    socket.destroy();
  }
  return { sent, answered, bad };
}

/** Resolves, for each expected reply, to `answered`, `ended` (closed in order), or the failure. */
function readReplies(socket: ReturnType<typeof connect>): { next(): Promise<string> } {
  let waiting: ((outcome: string) => void) | null = null;
  let over: string | null = null;
  let rest = Buffer.alloc(0);
  const settle = (outcome: string): void => {
    waiting?.(outcome);
    waiting = null;
  };
  const end = (outcome: string): void => {
    over ??= outcome;
    settle(over);
  };
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    if (rest.length < 2 || rest.length < 2 + rest.readUInt16BE(0)) return;
    rest = rest.subarray(2 + rest.readUInt16BE(0));
    settle('answered');
  });
  socket.on('error', (error) => end(String(error)));
  socket.on('end', () => end('ended'));
  socket.setTimeout(PATIENCE_MS, () => end('no answer'));
  return {
    next: () =>
      new Promise((resolve) => {
        if (over === null) waiting = resolve;
        else resolve(over);
      }),
  };
}
