import type { StatRow as Row } from '../../haproxy/index.ts';
import { backendOf, isOwnSection, NO_BACKEND } from '../render/index.ts';

/** The columns of HAProxy's `show stat` that are shown or counted. */
export const STAT_COLUMNS = [
  ...['pxname', 'svname', 'type', 'mode', 'status', 'sid', 'weight'],
  ...['scur', 'stot', 'rate', 'req_rate', 'req_tot', 'bin', 'bout', 'econ', 'eresp'],
  ...['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx'],
] as const;

/** A line of the statistics: of a listener, a backend or a server. */
export type StatRow = Row<(typeof STAT_COLUMNS)[number]>;

/**
 * The lines with the names of backends instead of those of their sections. `names`: section -> entry of the map of names; `sections`: backend ->
 * the section that it has now, whose lines come after those of sections that it had.
 */
export function backendRows(
  rows: readonly StatRow[],
  names: ReadonlyMap<string, string>,
  sections: ReadonlyMap<string, string>,
): readonly StatRow[] {
  const [before, now]: [StatRow[], StatRow[]] = [[], []];
  for (const row of rows) {
    const entry = names.get(row.pxname);
    if (entry === NO_BACKEND || (entry === undefined && isOwnSection(row.pxname))) continue;
    const pxname = entry === undefined ? row.pxname : backendOf(entry);
    (sections.get(pxname) === row.pxname ? now : before).push({ ...row, pxname });
  }
  return [...before, ...now];
}
