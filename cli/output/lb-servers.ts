import type { LbBackendRow } from '../../agent/index.ts';
import { indented } from './explained.ts';
import { type Column, formatTable } from './table.ts';

type Server = LbBackendRow['servers'][number];
type Traffic = NonNullable<Server['traffic']>;

/** Columns of live numbers; empty while HAProxy does not reply. */
export function trafficColumns<Row extends { readonly traffic: Traffic | null }>(): readonly Column<Row>[] {
  const number = (title: string, read: (traffic: Traffic) => number): Column<Row> => ({
    title,
    value: ({ traffic }) => (traffic === null ? '' : String(read(traffic))),
  });
  return [
    number('SESSIONS', ({ sessions }) => sessions),
    number('PER SECOND', ({ perSecond }) => perSecond),
    number('TOTAL', ({ total }) => total),
    number('ERRORS', ({ errors }) => errors),
  ];
}

/** A backend without servers has a line, too: its requests get 503. */
export function serversText(backends: readonly LbBackendRow[]): string {
  const rows = backends.flatMap(({ name, servers }) =>
    servers.length === 0
      ? [{ cells: [name, 'none'], traffic: null }]
      : servers.map((server) => ({ cells: [name, ...serverCells(server)], traffic: server.traffic })),
  );
  const cell = (index: number) => (row: (typeof rows)[number]) => row.cells[index] ?? '';
  const titles = ['BACKEND', 'SERVER', 'STATE', 'WEIGHT'];
  const table = formatTable(rows, [
    ...titles.map((title, index) => ({ title, value: cell(index) })),
    ...trafficColumns<(typeof rows)[number]>(),
    { title: 'CONTAINER', value: cell(titles.length) },
  ]);
  return `Servers:\n${indented(table)}`;
}

function serverCells({ name, state, weight, container, host }: Server): readonly string[] {
  return [name, state, String(weight), container === null ? '' : placeText({ container, host })];
}

/** Endpoints without traffic, one a line; empty: none. */
export function leftOutText(backends: readonly LbBackendRow[]): string {
  const lines = backends.flatMap(({ leftOut }) =>
    leftOut.map((one) => {
      const what = one.container === null ? (one.address ?? 'endpoint') : placeText(one);
      return `${one.service}: ${what}: ${one.reason}`;
    }),
  );
  // Several backends can have the same service.
  return lines.length === 0 ? '' : `Left out:\n${indented([...new Set(lines)].join('\n'))}`;
}

function placeText({ container, host }: Pick<Server, 'container' | 'host'>): string {
  return host === null ? `${container}` : `${container} on ${host}`;
}
