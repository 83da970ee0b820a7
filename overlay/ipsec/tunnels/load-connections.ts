import { type Vici, ViciError } from '../vici/client.ts';
import { type Connection, connectionName } from './connection.ts';

/** All in one session. One that charon refuses does not keep the others from being loaded. Idempotent. */
export async function loadConnections(vici: Vici, connections: readonly Connection[]): Promise<void> {
  const results = await Promise.allSettled(
    connections.map(({ hostId, settings }) => vici.request('load-conn', { [connectionName(hostId)]: settings })),
  );
  const refused = results.flatMap((result, index) =>
    result.status === 'rejected' ? [`host ${connections[index]?.hostId}: ${(result.reason as Error).message}`] : [],
  );
  if (refused.length > 0) throw new Error(refused.join('; '));
}

/** Ends the tunnels at once, without waiting for the other hosts. Idempotent. */
export async function unloadConnections(vici: Vici, hostIds: readonly string[]): Promise<void> {
  await Promise.all(
    hostIds.map(async (hostId) => {
      const name = connectionName(hostId);
      await unlessGone(vici.request('unload-conn', { name }));
      await unlessGone(vici.request('terminate', { ike: name, force: 'yes', timeout: '-1' }));
    }),
  );
}

async function unlessGone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ViciError) || !/not found|no matching/.test(error.reason)) throw error;
  }
}
