import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { READINESS } from '../../view/index.ts';

const COLUMNS = [
  ['dns', 'service name in DNS'],
  ['all', '`all.` name'],
  ['name', "container's own name"],
  ['metadata', 'metadata'],
  ['lb', 'load balancer'],
  ['virtual', 'virtual address'],
  ['external', 'external DNS'],
] as const;

function readinessTable(): string {
  const head = ['state', 'when', ...COLUMNS.map(([, title]) => title)];
  const rows = Object.entries(READINESS).map(([standing, row]) => [
    standing,
    row.when,
    ...COLUMNS.map(([key]) => row[key]),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Only the cells: the padding of a table does not matter. */
function cells(table: string): string {
  return table.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');
}

test('docs/dns.md shows the readiness table of the code', () => {
  const page = readFileSync('docs/dns.md', 'utf8');
  const shown = /<!-- readiness:[^>]*-->\s*([\s\S]*?)\s*<!-- \/readiness -->/.exec(page)?.[1] ?? '';
  expect(cells(shown), `put this between the markers:\n${readinessTable()}`).toBe(cells(readinessTable()));
});
