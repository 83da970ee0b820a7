import { askHaproxy, parseStatRows } from '../../haproxy/index.ts';
import { parseOldWorkers } from './parse-replies.ts';
import { STAT_COLUMNS, type StatRow } from './stat.ts';

const TIMEOUT_MS = 2_000;
/** Of all proxies, servers only. */
const SERVER_STAT = 'show stat -1 4 -1';

/** The statistics of servers in the workers that finish connections after a reload. Null: one does not reply. */
export async function readOldStat(masterSocket: string, signal: AbortSignal): Promise<readonly StatRow[] | null> {
  const ask = (command: string): Promise<string | null> =>
    askHaproxy(masterSocket, command, { signal, timeoutMs: TIMEOUT_MS, halfClose: true }).catch(() => null);
  const workers = parseOldWorkers((await ask('show proc')) ?? '');
  if (workers === null) return null;
  const replies = await Promise.all(workers.map((pid) => ask(`@!${pid} ${SERVER_STAT}`)));
  const rows = replies.map((reply) => (reply === null ? null : rowsIn(reply)));
  return rows.every((some) => some !== null) ? rows.flat() : null;
}

/** A worker that has just ended has no sessions. */
function rowsIn(reply: string): readonly StatRow[] | null {
  return reply.startsWith("Can't find the target PID") ? [] : parseStatRows(reply, STAT_COLUMNS);
}
