import type { Answer } from '../query/client.ts';
import { freePort } from './probe.ts';
import type { Listen, Losses, Server, UdpMode, UdpServer } from './server.ts';
import { serveTcp } from './server-tcp.ts';
import { serveUdp } from './server-udp.ts';
import type { UdpBatchAddon } from './udp-batch.ts';
import type { UdpContext } from './udp-context.ts';

/** The sockets of one address, UDP and TCP. */
export interface Listener {
  readonly listen: Listen;
  readonly mode: UdpMode;
  /** See `Server`. */
  leave(signal: AbortSignal): Promise<void>;
  losses(): Losses;
  close(): Promise<void>;
}

export interface ListenContext extends UdpContext {
  readonly answer: Answer;
  /** Null: UDP with Node's own sockets. */
  readonly addon: UdpBatchAddon | null;
  /** Called for each TCP connection that was refused, closed to make room for another, or too slow. */
  readonly onDrop: () => void;
}

export interface ListenOptions extends Listen {
  /** Whether another Drover process may listen on the port: both get queries until it leaves. */
  readonly handOver: boolean;
}

const ATTEMPTS = 20;

/** Chooses where to listen: port 0 becomes a port that is free for UDP and TCP. Rejects if another program has the port. */
export async function choosePlace({ address, port, handOver }: ListenOptions): Promise<ListenOptions> {
  if (handOver && port !== 0) return { address, port, handOver };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { address, port: await freePort({ address, port }), handOver };
    } catch (cause) {
      if (port !== 0 || attempt === ATTEMPTS) throw cannotListen({ address, port }, cause);
    }
  }
}

/** Rejects if the address cannot be bound; the message says why. */
export async function listenOn(context: ListenContext, options: ListenOptions): Promise<Listener> {
  const { address, port } = await choosePlace(options);
  let udp: UdpServer | null = null;
  try {
    udp = await serveUdp(context.addon, context, { address, port });
    const tcp = await serveTcp(context.answer, { address, port: udp.port, onDrop: context.onDrop });
    return joined(udp, tcp, address);
  } catch (cause) {
    await udp?.close();
    throw cannotListen({ address, port }, cause);
  }
}

function cannotListen({ address, port }: Listen, cause: unknown): Error {
  return new Error(`cannot listen for DNS on ${address} port ${port}: ${reasonOf(cause)}`, { cause });
}

function joined(udp: UdpServer, tcp: Server, address: string): Listener {
  const { port, mode, losses } = udp;
  return {
    listen: { address, port },
    mode,
    losses,
    leave: async (signal) => void (await Promise.all([udp.leave(signal), tcp.leave(signal)])),
    close: async () => void (await Promise.all([udp.close(), tcp.close()])),
  };
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (code === 'EADDRINUSE') return 'another program listens on this port. Stop it, or choose another address or port.';
  if (code === 'EADDRNOTAVAIL')
    return 'this host (or network namespace) does not have the address. Choose one of its addresses.';
  if (code === 'EACCES')
    return 'ports below 1024 require root or CAP_NET_BIND_SERVICE. Run as root, or choose another port.';
  return String(cause);
}
