import type { Server } from 'node:http';

export interface ListenAddress {
  readonly address: string;
  /** 0 means any free port. */
  readonly port: number;
}

/** Binds one server per address. If an address cannot be bound, the servers bound before are closed. */
export async function bindAll(addresses: readonly ListenAddress[], create: () => Server): Promise<readonly Server[]> {
  const servers: Server[] = [];
  try {
    for (const address of addresses) servers.push(await bind(create(), address));
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return servers;
}

function bind(server: Server, { address, port }: ListenAddress): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'stop the program that uses the address (find it with `ss -ltnp`) or choose another address';
      reject(new Error(`metadata cannot listen on ${address} port ${port}: ${cause.message}; ${hint}`, { cause }));
    });
    server.listen({ host: address, port }, () => resolve(server));
  });
}
