import type { Problem } from '../../model/index.ts';

/** An empty file may have been cut off. It must not change what exists: that it says nothing must be written down. */
export function emptyFileProblem(path: string): Problem {
  return {
    subject: path,
    what: 'is empty; services that it may have described are left as they are',
    hint: 'write its services, leave the file out, or write a comment if it declares nothing',
  };
}

/** The changes of files of which some are empty: only new services. */
export function withoutEmptyFiles<Change extends { readonly previous: unknown }>(
  changes: readonly Change[],
  emptyFiles: readonly string[],
): { readonly changes: readonly Change[]; readonly problems: readonly Problem[] } {
  const additions = changes.filter(({ previous }) => previous === null);
  if (emptyFiles.length === 0 || additions.length === changes.length) return { changes, problems: [] };
  return { changes: additions, problems: emptyFiles.map(emptyFileProblem) };
}
