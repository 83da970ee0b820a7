/** The changes that `drover apply` and `drover rm` made, or would make. */
export function formatChanges(changes: readonly string[], isDryRun: boolean): string {
  if (changes.length === 0) return 'No changes.';
  return isDryRun ? `Would change:\n${changes.join('\n')}` : changes.join('\n');
}
