import type { StatRow as Row } from '../../haproxy/index.ts';

/** The columns of HAProxy's `show stat` that are shown or counted. */
export const STAT_COLUMNS = [
  ...['pxname', 'svname', 'type', 'mode', 'status', 'sid', 'weight'],
  ...['scur', 'stot', 'rate', 'req_rate', 'req_tot', 'bin', 'bout', 'econ', 'eresp'],
  ...['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx'],
] as const;

/** A line of the statistics: of a listener, a backend or a server. */
export type StatRow = Row<(typeof STAT_COLUMNS)[number]>;
