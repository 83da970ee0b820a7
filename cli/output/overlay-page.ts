import type { OverlayPage } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { formatDuration } from './duration.ts';
import { indented, paragraphs } from './explained.ts';
import { formatTable } from './table.ts';

type Row = OverlayPage['rows'][number];

/** The page of `drover overlay`; `all`: with the paths between all hosts. */
export function formatOverlay(page: OverlayPage, all: boolean): string {
  return paragraphs([headOf(page), rowsText(page), all ? matrixText(page) : '', problemsText(page)]);
}

function headOf({ host, setting, backend, reason, live }: OverlayPage): string {
  if (!live) return `${host} takes no part in the managed network now.`;
  if (setting === null) return `${host}: no host has decided yet how hosts reach each other.`;
  return `${host}: ${backend ?? 'no backend'} (${reason})`;
}

function rowsText({ rows, live }: OverlayPage): string {
  if (rows.length === 0) return live ? 'No other hosts.' : '';
  return formatTable(rows, [
    { title: 'HOST', value: ({ host }) => host },
    { title: 'BACKEND', value: backendText },
    { title: 'ADDRESS', value: addressText },
    { title: 'STATE', value: stateText },
    { title: 'RTT', value: ({ rttMs }) => (rttMs === null ? '' : `${rttMs.toFixed(1)} ms`) },
    { title: 'LOSS IN', value: ({ lossIn }) => percent(lossIn) },
    { title: 'LOSS OUT', value: ({ lossOut }) => percent(lossOut) },
    { title: 'MTU', value: ({ mtu }) => String(mtu ?? '') },
    { title: 'RECEIVED', value: ({ receivedBytes }) => formatBytes(receivedBytes) },
    { title: 'SENT', value: ({ sentBytes }) => formatBytes(sentBytes) },
    {
      title: 'KEY AGE',
      value: ({ keyAgeSeconds }) => (keyAgeSeconds === null ? '' : formatDuration(keyAgeSeconds * 1_000)),
    },
  ]);
}

function backendText({ backend, encrypted }: Row): string {
  if (backend === null) return 'none';
  return encrypted ? backend : `${backend}, in clear`;
}

function addressText({ address, port }: Row): string {
  if (address === null || port === null) return address ?? '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The direction that is lost, as both ends say. */
function stateText({ state, outbound, inbound, host, absent }: Row): string {
  if (absent) return 'no agent';
  if (state === 'up') return 'up';
  if (outbound === 'lost' && inbound === 'lost') return 'down both ways';
  if (outbound === 'lost') return `does not reach ${host}`;
  if (inbound === 'lost') return `nothing from ${host}`;
  return 'not known yet';
}

function percent(share: number | null): string {
  return share === null ? '' : `${Math.round(share * 100)} %`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function formatBytes(bytes: number | null): string {
  if (bytes === null) return '';
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** With more hosts, a table is wider than a terminal. */
const MOST_COLUMNS = 10;

const CELL = { ok: 'ok', lost: 'LOST', unknown: '?' } as const;

function matrixText({ matrix: { hosts, cells, lost } }: OverlayPage): string {
  if (cells !== null && hosts.length <= MOST_COLUMNS) {
    const rows = hosts.map((host, index) => ({ host, index, cells: cells[index] ?? [] }));
    const table = formatTable(rows, [
      { title: 'FROM \\ TO', value: ({ host }) => host },
      ...hosts.map((title, column) => ({
        title,
        value: (row: (typeof rows)[number]) => (row.index === column ? '' : CELL[row.cells[column] ?? 'unknown']),
      })),
    ]);
    return `Paths between hosts, as both ends report them:\n${indented(table)}`;
  }
  if (lost.length === 0) return `No path between the ${hosts.length} hosts is reported as lost.`;
  const table = formatTable(lost, [
    { title: 'FROM', value: ({ from }) => from },
    { title: 'TO', value: ({ to }) => to },
  ]);
  return `Paths between hosts that are lost:\n${indented(table)}`;
}

function problemsText({ problems }: OverlayPage): string {
  if (problems.length === 0) return '';
  return ['Problems:', ...problems.map((problem) => `  ${formatProblem(problem)}`)].join('\n');
}
