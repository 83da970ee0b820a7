/** One line of `show stat` by the names of its columns. A value that does not apply is empty. */
export type StatRow<Column extends string = string> = Readonly<Record<Column, string>>;

/** Parses the CSV of `show stat`: these columns. Null when it lacks one, or was cut short. */
export function parseStatRows<Column extends string>(
  csv: string,
  columns: readonly Column[],
): readonly StatRow<Column>[] | null {
  if (!csv.endsWith('\n\n')) return null;
  const [header = '', ...lines] = csv.split('\n');
  const names = header.replace(/^# /, '').split(',');
  const places = columns.map((column) => [column, names.indexOf(column)] as const);
  if (places.some(([, at]) => at < 0)) return null;
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const cells = splitRow(line);
      return Object.fromEntries(places.map(([column, at]) => [column, cells[at] ?? ''])) as StatRow<Column>;
    });
}

/** A cell with a comma or a quote is quoted, and its quotes are doubled. */
function splitRow(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
}
