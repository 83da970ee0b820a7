import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { openNamespace } from '../../dns/native/index.ts';
import type { ProbeResult } from '../../resolv-conf/index.ts';

/** Sends a DNS query to the resolver from the network namespace of a process, and waits up to two seconds for a reply. */
export async function probeResolver(resolver: string, pid: number): Promise<ProbeResult> {
  const namespace = openNamespace(`/proc/${pid}/ns/net`);
  if (!namespace.ok) return 'impossible';
  const { socketFor, close } = namespace.value;
  try {
    if (await isAnswered(resolver, (socket) => socket.bind({ fd: socketFor('udp', resolver) }))) return 'reached';
  } finally {
    close();
  }
  return (await isAnswered(resolver, (socket) => socket.bind(0))) ? 'unreached' : 'silent';
}

/** The waits for a reply, each after another query. */
const WAITS_MS = [250, 500, 1_250];

/** Any reply counts. The name is one that is never forwarded. */
const QUERY = Buffer.from(
  '\x6f\x1e\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09localhost\x00\x00\x01\x00\x01',
  'latin1',
);

async function isAnswered(resolver: string, bind: (socket: Socket) => void): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, found) => found(null, address, 4) });
  const { promise: answered, resolve } = Promise.withResolvers<boolean>();
  // Without a route each query fails. A route may appear, and the other queries are sent a moment later.
  socket.on('error', () => undefined);
  socket.on('message', (reply, from) =>
    resolve(from.address === resolver && reply.readUInt16BE(0) === QUERY.readUInt16BE(0)),
  );
  try {
    bind(socket);
    for (const waitMs of WAITS_MS) {
      socket.send(QUERY, 53, resolver, () => undefined);
      if (await Promise.race([answered, sleep(waitMs, false)])) return true;
    }
    return false;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
