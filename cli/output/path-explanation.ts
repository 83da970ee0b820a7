import type { PathExplanation } from '../../agent/index.ts';
import { indented, notesText, paragraphs } from './explained.ts';
import { formatTable } from './table.ts';

/** The answer of `drover why path`: what stops the packets first, then the way to there. */
export function formatPathExplanation({ asked, host, steps, stop, notes }: PathExplanation): string {
  const port = asked.port === null ? '' : `, port ${asked.port}`;
  const head = `${asked.from} -> ${asked.to}${port}, as ${host} knows it`;
  const outcome =
    stop === null
      ? 'Nothing that Drover knows of stops the packets.'
      : `Stopped: ${stop.subject} ${stop.what}\nFix: ${stop.hint}`;
  const table = formatTable(steps, [
    { title: 'STEP', value: ({ what }) => TITLES[what] },
    { title: 'STATE', value: ({ state }) => STATES[state] },
    { title: 'DETAILS', value: ({ text }) => text },
  ]);
  return paragraphs([`${head}\n${outcome}`, `The way of the packets:\n${indented(table)}`, notesText(notes)]);
}

const TITLES: Readonly<Record<PathExplanation['steps'][number]['what'], string>> = {
  from: 'from',
  to: 'to',
  address: 'address',
  route: 'route',
  tunnel: 'tunnel',
  there: 'path there',
  back: 'path back',
  port: 'port',
};

const STATES = { ok: 'ok', stops: 'STOPS', unknown: '?' } as const;
