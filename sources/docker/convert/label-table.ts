import { LABEL_RULES } from './labels.ts';

/** The table of docs/labels.md in Markdown, generated from the rules. */
export function renderLabelTable(): string {
  const rows = LABEL_RULES.map((rule, index) => [
    String(index + 1),
    rule.source,
    rule.when.map((label) => `\`${label}\``).join(' or '),
    rule.stack,
    rule.service,
    rule.primaryService,
    rule.index,
  ]);
  const header = ['', 'written by', 'applies if there is', 'stack', 'service', 'primary service', 'index'];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
