const WIDTHS = { time: 12, asker: 20, question: 40, rcode: 8, path: 9, latency: 10, answers: 3 };

/** Above the lines of `formatLiveLine`. */
export const LIVE_HEADING = row({
  time: 'TIME',
  asker: 'ASKER',
  question: 'QUESTION',
  rcode: 'RCODE',
  path: 'PATH',
  latency: 'TIME TAKEN',
  answers: 'RRS',
  matched: 'WHAT IT IS',
});

/** What an asker is called that is no container known here. */
const NOBODY = new Set(['', 'anybody', 'default']);

/** A line of the stream of live queries, as a person reads it. */
export function formatLiveLine(line: string): string {
  const seen = JSON.parse(line) as Record<string, unknown>;
  if (typeof seen.leftOut === 'number') return `             ... and ${seen.leftOut} more, not shown`;
  const text = (key: string): string => printable(String(seen[key] ?? '-'));
  return row({
    time: text('time').slice(11, 23),
    asker: NOBODY.has(text('asker')) ? text('from') : text('asker'),
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

/** Names come from the network: nothing in them may speak to the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
