import type { Clock } from '../../../system/index.ts';
import { type Vici, ViciError } from '../vici/client.ts';
import { type Connection, connectionName } from './connection.ts';
import { parseConnections, parseSas } from './sas.ts';

/** Nobody else loads connections, so the list, which takes 40 ms for 1,000, is read rarely. */
const LIST_AGAIN_MS = 30_000;

/** The connections that charon has. Another charon is another `Vici`. */
export class LoadedConnections {
  readonly #clock;
  #known: { readonly vici: Vici; readonly atMs: number; readonly children: ReadonlyMap<string, string> } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Name of the CHILD_SA of each connection, by host id. */
  async list(vici: Vici): Promise<ReadonlyMap<string, string>> {
    const known = this.#known;
    const nowMs = this.#clock.monotonic();
    if (known?.vici === vici && nowMs - known.atMs < LIST_AGAIN_MS) return known.children;
    const children = parseConnections(await vici.stream('list-conns', 'list-conn'));
    this.#known = { vici, atMs: nowMs, children };
    return children;
  }

  /** All in one session. One that charon refuses does not keep the others from being loaded. Idempotent. */
  async load(vici: Vici, connections: readonly Connection[]): Promise<void> {
    await this.#change(
      vici,
      connections.map(({ hostId, child }) => [hostId, child] as const),
      async () => {
        const results = await Promise.allSettled(
          connections.map(({ hostId, settings }) => vici.request('load-conn', { [connectionName(hostId)]: settings })),
        );
        const refused = results.flatMap((result, index) =>
          result.status === 'rejected'
            ? [`host ${connections[index]?.hostId}: ${(result.reason as Error).message}`]
            : [],
        );
        if (refused.length > 0) throw new Error(refused.join('; '));
      },
    );
  }

  /** Ends the tunnels at once, without waiting for the other hosts. Idempotent. */
  async unload(vici: Vici, hostIds: readonly string[]): Promise<void> {
    await this.#change(
      vici,
      hostIds.map((hostId) => [hostId, null] as const),
      async () => {
        await Promise.all(
          hostIds.map((hostId) => unlessGone(vici.request('unload-conn', { name: connectionName(hostId) }))),
        );
        await endTunnels(vici, new Set(hostIds));
      },
    );
  }

  /** After a failure the list is read again. */
  async #change(
    vici: Vici,
    entries: readonly (readonly [hostId: string, child: string | null])[],
    work: () => Promise<void>,
  ): Promise<void> {
    const known = this.#known;
    this.#known = null;
    await work();
    if (known?.vici !== vici || this.#known !== null) return;
    const children = new Map(known.children);
    for (const [hostId, child] of entries) {
      if (child === null) children.delete(hostId);
      else children.set(hostId, child);
    }
    this.#known = { ...known, children };
  }
}

/** By id: for a name that has no tunnel charon looks at all others, and waits for those in use. */
async function endTunnels(vici: Vici, hostIds: ReadonlySet<string>): Promise<void> {
  const sas = parseSas(await vici.stream('list-sas', 'list-sa')).filter(({ hostId }) => hostIds.has(hostId));
  await Promise.all(
    sas.map(({ id }) => unlessGone(vici.request('terminate', { 'ike-id': `${id}`, force: 'yes', timeout: '-1' }))),
  );
}

async function unlessGone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ViciError) || !/not found|no matching/.test(error.reason)) throw error;
  }
}
