import { printable } from '../../model/index.ts';

/** One column of a listing: its heading and the text of each cell. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
}

const GAP = '  ';

/** Aligned columns under headings; the last column is not padded. An empty cell is shown as `-`. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => printable(value(row)) || '-')),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  const format = (line: readonly string[]) =>
    line.map((cell, index) => (index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join(GAP);
  return cells.map(format).join('\n');
}
