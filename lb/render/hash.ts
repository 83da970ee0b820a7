import { createHash } from 'node:crypto';

/** For names of files and of structures: equal texts have the same hash, on all hosts. */
export function shortHash(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
}
