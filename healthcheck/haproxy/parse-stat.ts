import { parseStatRows } from '../../haproxy/index.ts';

/** What `show stat` says about one server. */
export interface ServerStat {
  readonly backend: string;
  readonly server: string;
  /** Whether it is checked: adding a server takes several commands, and this is the last of them. */
  readonly enabled: boolean;
  /** Null: no check has ended yet. */
  readonly checked: { readonly up: boolean; readonly text: string } | null;
}

export interface Stat {
  readonly backends: readonly string[];
  readonly servers: readonly ServerStat[];
}

/** Parses the CSV of `show stat`. Null when it has not the expected columns, or was cut short. */
export function parseStat(csv: string): Stat | null {
  const rows = parseStatRows(csv, COLUMNS);
  if (rows === null) return null;
  return {
    backends: rows.filter(({ svname }) => svname === 'BACKEND').map(({ pxname }) => pxname),
    servers: rows
      .filter(({ svname }) => !PROXY_ROWS.has(svname))
      .map((row) => {
        // A star marks a check that is running: the rest is of the check before.
        const isInitial = /^(\* )?(INI|UNK|)$/.test(row.check_status);
        const state = /^(UP|DOWN)\b/.exec(row.status)?.[1];
        const text = reason(row.check_desc, row.check_code, row.last_chk);
        const checked = isInitial || state === undefined ? null : { up: state === 'UP', text };
        return { backend: row.pxname, server: row.svname, enabled: state !== undefined, checked };
      }),
  };
}

const COLUMNS = ['pxname', 'svname', 'status', 'check_status', 'check_code', 'last_chk', 'check_desc'] as const;
const PROXY_ROWS = new Set(['BACKEND', 'FRONTEND']);

/** In the form of the log. */
function reason(description: string, code: string, info: string): string {
  const isHttp = description.startsWith('Layer7') && code !== '' && code !== '0';
  return description + (isHttp ? `, code: ${code}` : '') + (info === '' ? '' : `, info: "${info}"`);
}
