import type { MetadataExplanation } from '../../metadata/index.ts';
import { askerText, indented, notesText, paragraphs } from './explained.ts';
import { formatTable } from './table.ts';

/** At most this many lines of the answer are shown; `--json` shows all of them. */
const MAX_LINES = 20;

/** A metadata explanation as text: the answer first, then the steps that led to it. */
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
  if (text === '') return `${status} ${meaning}: the value is empty`;
  const lines = text.replace(/\n$/, '').split('\n');
  const more = lines.length > MAX_LINES ? [`... and ${lines.length - MAX_LINES} more (--json shows all)`] : [];
  return `${status} ${meaning}\n${indented([...lines.slice(0, MAX_LINES), ...more].join('\n'))}`;
}

function stepsOf({ steps }: MetadataExplanation): string {
  if (steps.length === 0) return '';
  const table = formatTable(steps, [
    { title: 'KEY', value: ({ key }) => key },
    { title: 'RESULT', value: ({ is }) => is },
  ]);
  return `Path, key by key:\n${indented(table)}`;
}
