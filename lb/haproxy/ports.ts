import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Whether listeners take IPv6, too: without any IPv6 address, `::` cannot be bound. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
}

/** The ports that cannot be opened on all addresses, with the code of the error. */
export async function takenPorts(ports: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const host = hasIpv6() ? '::' : '0.0.0.0';
  const found = await Promise.all(ports.map(async (port) => [port, await refusal(port, host)] as const));
  return new Map(found.flatMap(([port, code]) => (code === null ? [] : [[port, code] as const])));
}

function refusal(port: number, host: string): Promise<string | null> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', ({ code = 'error' }: NodeJS.ErrnoException) => resolve(code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
