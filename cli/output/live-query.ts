import { printable } from '../../model/index.ts';

const WIDTHS = { time: 12, asker: 20, question: 40, rcode: 8, path: 9, latency: 10, answers: 3 };

/** Above the lines of `formatLiveLine`. */
export const LIVE_HEADING = row({
  time: 'TIME',
  asker: 'CLIENT',
  question: 'QUESTION',
  rcode: 'RCODE',
  path: 'PATH',
  latency: 'LATENCY',
  answers: 'RRS',
  matched: 'RESULT',
});

/** Labels of clients that are no known container; the address says more. */
const NO_CONTAINER = new Set(['', 'anybody', 'default']);

/** One line of the live query stream (JSON) as a table row. */
export function formatLiveLine(line: string): string {
  const seen = JSON.parse(line) as Record<string, unknown>;
  if (typeof seen.leftOut === 'number') return `             ... and ${seen.leftOut} more, not shown`;
  const text = (key: string): string => printable(String(seen[key] ?? '-'));
  return row({
    time: text('time').slice(11, 23),
    asker: NO_CONTAINER.has(text('asker')) ? text('from') : text('asker'),
    question: `${text('name') || '.'} ${text('type')}`,
    rcode: text('rcode'),
    path: text('path'),
    latency: `${text('latencyMs')} ms`,
    answers: text('answers'),
    matched: text('matched'),
  });
}

function row(cells: Readonly<Record<keyof typeof WIDTHS | 'matched', string>>): string {
  const padded = Object.entries(WIDTHS).map(([key, width]) => cells[key as keyof typeof WIDTHS].padEnd(width));
  return `${padded.join(' ')} ${cells.matched}`.trimEnd();
}
