import type { LbTable } from '../table/table.ts';
import type { StatRow } from './stat.ts';

type Row = Pick<StatRow, 'pxname' | 'svname' | 'status' | 'scur'>;

/** Statistics of servers; null: HAProxy does not reply. */
export interface WorkerRows {
  readonly newest: readonly Row[] | null;
  /** Of workers that finish connections after a reload. They send new requests to the newest worker. */
  readonly old: readonly Row[] | null;
}

/**
 * The sessions that HAProxy has with a container that is to get no new requests; null: it may still get some. `id` may be a short one.
 * Pure.
 */
export function drainSessions(
  { backends }: Pick<LbTable, 'backends'>,
  { newest, old }: WorkerRows,
  id: string,
): number | null {
  const servers = backends.flatMap(({ name, servers }) =>
    servers
      .filter(({ containerId }) => containerId?.startsWith(id))
      .map((server) => ({ key: `${name}/${server.name}`, name: server.name, state: server.state })),
  );
  if (servers.length === 0) return 0;
  if (newest === null || old === null || servers.some(({ state }) => state === 'ready')) return null;
  const keys = new Set(servers.map(({ key }) => key));
  const own = newest.filter(({ pxname, svname }) => keys.has(`${pxname}/${svname}`));
  if (own.some(({ status }) => !status.startsWith('MAINT'))) return null;
  // Backends can have had other names, but the name of a server is its address and port.
  const names = new Set(servers.map(({ name }) => name));
  return [...own, ...old.filter(({ svname }) => names.has(svname))].reduce((sum, { scur }) => sum + Number(scur), 0);
}
