import type { MetadataExplanation } from '../../metadata/index.ts';
import { formatTable } from './table.ts';

/** Lines of the answer that are shown; a list of thousands is for `--json`. */
const MOST_LINES = 20;

/** An explanation to be read by a person: the answer first, then how it came about. */
export function formatMetadataExplanation(explanation: MetadataExplanation): string {
  const parts = [headOf(explanation), answerOf(explanation), stepsOf(explanation), notesOf(explanation)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headOf({ path, asker, host, revision }: MetadataExplanation): string {
  const address = asker.address === null || asker.address === asker.label ? '' : ` (${asker.address})`;
  return `${path}, asked by ${asker.label}${address} on ${host}, revision ${revision}`;
}

function answerOf({ reply }: MetadataExplanation): string {
  const { status, meaning, text } = reply;
  if (text === null) return `${status} ${meaning}`;
  if (text === '') return `${status} ${meaning}: nothing in it`;
  const lines = text.replace(/\n$/, '').split('\n');
  const more = lines.length > MOST_LINES ? [`... and ${lines.length - MOST_LINES} more (--json shows all)`] : [];
  return [`${status} ${meaning}`, ...[...lines.slice(0, MOST_LINES), ...more].map((line) => `  ${line}`)].join('\n');
}

function stepsOf({ steps }: MetadataExplanation): string {
  if (steps.length === 0) return '';
  const table = formatTable(steps, [
    { title: 'KEY', value: ({ key }) => key },
    { title: 'IS', value: ({ is }) => is },
  ]);
  return `Key by key:\n${table.replace(/^/gm, '  ')}`;
}

function notesOf({ notes }: MetadataExplanation): string {
  return notes.map((note) => `Note: ${note}`).join('\n');
}
