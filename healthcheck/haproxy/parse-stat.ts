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
  if (!csv.endsWith('\n\n')) return null;
  const [header = '', ...lines] = csv.split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const [px, sv, status, result, code, last, description] = COLUMNS.map((name) => columns.indexOf(name));
  if ([px, sv, status, result, code, last, description].includes(-1)) return null;
  const rows = lines.filter((line) => line.trim() !== '').map(splitRow);
  const at = (row: readonly string[], column: number | undefined): string => row[column ?? -1] ?? '';
  return {
    backends: rows.filter((row) => at(row, sv) === 'BACKEND').map((row) => at(row, px)),
    servers: rows
      .filter((row) => !PROXY_ROWS.has(at(row, sv)))
      .map((row) => {
        // A star marks a check that is running: the rest is of the check before.
        const isInitial = /^(\* )?(INI|UNK|)$/.test(at(row, result));
        const state = /^(UP|DOWN)\b/.exec(at(row, status))?.[1];
        const text = reason(at(row, description), at(row, code), at(row, last));
        const checked = isInitial || state === undefined ? null : { up: state === 'UP', text };
        return { backend: at(row, px), server: at(row, sv), enabled: state !== undefined, checked };
      }),
  };
}

const COLUMNS = ['pxname', 'svname', 'status', 'check_status', 'check_code', 'last_chk', 'check_desc'];
const PROXY_ROWS = new Set(['BACKEND', 'FRONTEND']);

/** In the form of the log. */
function reason(description: string, code: string, info: string): string {
  const isHttp = description.startsWith('Layer7') && code !== '' && code !== '0';
  return description + (isHttp ? `, code: ${code}` : '') + (info === '' ? '' : `, info: "${info}"`);
}

/** A cell with a comma or a quote is quoted, and its quotes are doubled. */
function splitRow(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
}
