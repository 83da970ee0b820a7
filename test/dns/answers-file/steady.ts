import { createSocket } from 'node:dgram';
import { queryFor } from '../wire.ts';

export interface SteadyLoad {
  /** Waits for the queries in flight, and returns the result. */
  stop(): Promise<{
    readonly sent: number;
    readonly lost: number;
    readonly slowestMs: number;
    /** Number of replies by `first label rcode`. */
    readonly rcodes: Readonly<Record<string, number>>;
  }>;
}

const INTERVAL_MS = 5;
const AT_ONCE = 10;
/** Long, because a late reply is not a loss. */
const LOST_AFTER_MS = 15_000;

/** Sends about 2,000 queries a second from one socket. */
export function askSteadily(port: number, names: readonly string[]): SteadyLoad {
  const queries = names.map((name) => queryFor(name));
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  const underWay = new Map<number, { readonly atMs: number; readonly name: string }>();
  const rcodes: Record<string, number> = {};
  let sent = 0;
  let slowestMs = 0;
  socket.on('message', (reply) => {
    const asked = underWay.get(reply.readUInt16BE(0));
    if (!asked) return;
    underWay.delete(reply.readUInt16BE(0));
    slowestMs = Math.max(slowestMs, performance.now() - asked.atMs);
    const key = `${asked.name.split('.')[0]} ${reply.readUInt8(3) & 0xf}`;
    rcodes[key] = (rcodes[key] ?? 0) + 1;
  });
  const send = () => {
    for (let n = 0; n < AT_ONCE; n += 1) {
      const at = sent % names.length;
      const query = Buffer.from(queries[at] ?? Buffer.alloc(0));
      const id = sent & 0xffff;
      query.writeUInt16BE(id, 0);
      underWay.set(id, { atMs: performance.now(), name: names[at] ?? '' });
      socket.send(query, port, '127.0.0.1');
      sent += 1;
    }
  };
  const timer = setInterval(send, INTERVAL_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      const deadline = performance.now() + LOST_AFTER_MS;
      while (underWay.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
      socket.close();
      return { sent, lost: underWay.size, slowestMs, rcodes };
    },
  };
}
