import { serveTcp } from './server-tcp.ts';
import { type Answer, type Listen, type Server, serveUdp } from './server-udp.ts';

/** One address, UDP and TCP. */
export interface Listener {
  readonly listen: Listen;
  close(): Promise<void>;
}

const ATTEMPTS = 20;

/** Port 0: a port that is free for both. */
export async function listenOn(answer: Answer, { address, port }: Listen): Promise<Listener> {
  for (let attempt = 1; ; attempt += 1) {
    let udp: Server | null = null;
    try {
      udp = await serveUdp(answer, { address, port });
      const bound = { address, port: udp.port };
      const tcp = await serveTcp(answer, bound);
      const servers = [udp, tcp];
      return { listen: bound, close: async () => void (await Promise.all(servers.map((server) => server.close()))) };
    } catch (cause) {
      await udp?.close();
      if (port === 0 && attempt < ATTEMPTS) continue;
      throw new Error(`cannot listen for DNS on ${address} port ${port}: ${reasonOf(cause)}`, { cause });
    }
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (code === 'EADDRINUSE') return 'another program listens there; stop it or choose another address';
  if (code === 'EADDRNOTAVAIL') return 'this machine (or namespace) does not have the address';
  if (code === 'EACCES') return 'ports below 1024 need root or CAP_NET_BIND_SERVICE';
  return String(cause);
}
