import type { MetadataExplanation } from '../../metadata/index.ts';
import { askerText, indented, notesText, paragraphs } from './explained.ts';
import { formatTable } from './table.ts';

/** Lines of the answer that are shown; a list of thousands is for `--json`. */
const MOST_LINES = 20;

/** An explanation to be read by a person: the answer first, then how it came about. */
export function formatMetadataExplanation(explanation: MetadataExplanation): string {
  const { notes } = explanation;
  return paragraphs([headOf(explanation), answerOf(explanation), stepsOf(explanation), notesText(notes)]);
}

function headOf({ path, asker, host, revision }: MetadataExplanation): string {
  return `${path}, asked by ${askerText(asker)} on ${host}, revision ${revision}`;
}

function answerOf({ reply }: MetadataExplanation): string {
  const { status, meaning, text } = reply;
  if (text === null) return `${status} ${meaning}`;
  if (text === '') return `${status} ${meaning}: nothing in it`;
  const lines = text.replace(/\n$/, '').split('\n');
  const more = lines.length > MOST_LINES ? [`... and ${lines.length - MOST_LINES} more (--json shows all)`] : [];
  return `${status} ${meaning}\n${indented([...lines.slice(0, MOST_LINES), ...more].join('\n'))}`;
}

function stepsOf({ steps }: MetadataExplanation): string {
  if (steps.length === 0) return '';
  const table = formatTable(steps, [
    { title: 'KEY', value: ({ key }) => key },
    { title: 'IS', value: ({ is }) => is },
  ]);
  return `Key by key:\n${indented(table)}`;
}
