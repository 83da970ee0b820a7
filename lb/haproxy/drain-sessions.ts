import type { LbTable } from '../table/table.ts';
import type { StatRow } from './stat.ts';

/**
 * The sessions that HAProxy has with a container that is to get no new requests; null: it may still get some. `id` may be a short one, and
 * `rows` is null if HAProxy does not reply. Pure.
 */
export function drainSessions(
  { backends }: Pick<LbTable, 'backends'>,
  rows: readonly Pick<StatRow, 'pxname' | 'svname' | 'status' | 'scur'>[] | null,
  id: string,
): number | null {
  const servers = backends.flatMap(({ name, servers }) =>
    servers
      .filter(({ containerId }) => containerId?.startsWith(id))
      .map((server) => ({ key: `${name}/${server.name}`, state: server.state })),
  );
  if (servers.length === 0) return 0;
  if (rows === null || servers.some(({ state }) => state === 'ready')) return null;
  const keys = new Set(servers.map(({ key }) => key));
  const own = rows.filter(({ pxname, svname }) => keys.has(`${pxname}/${svname}`));
  if (own.some(({ status }) => !status.startsWith('MAINT'))) return null;
  return own.reduce((sum, { scur }) => sum + Number(scur), 0);
}
