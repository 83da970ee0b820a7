import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Whether listeners take IPv6, too: without any IPv6 address, `::` cannot be bound. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
}

/** The ports that cannot be opened on all addresses, with the code of the error. */
export async function takenPorts(ports: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const found = await Promise.all(ports.map(async (port) => [port, await bindRefusal(port, '')] as const));
  return new Map(found.flatMap(([port, code]) => (code === null ? [] : [[port, code] as const])));
}

/** Why an address cannot be listened on, as the code of the error; null: it can. No `host`: all addresses. */
export function bindRefusal(port: number, host: string): Promise<string | null> {
  const all = hasIpv6() ? '::' : '0.0.0.0';
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', ({ code = 'error' }: NodeJS.ErrnoException) => resolve(code));
    server.listen({ port, host: host || all, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
