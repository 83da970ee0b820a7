import type { Problem } from '../model/index.ts';
import { isBelowDataRoot, rewriteInPlace } from './resolv-conf-file.ts';
import { NONE, restoredText, type Successors } from './restored.ts';

/**
 * Restores the text that each file had before Drover changed it, for `drover down`; Drover itself is replaced in it. Returns what could
 * not be restored.
 */
export async function restoreResolvConfs(
  paths: readonly string[],
  dataRoot: string,
  successorsOf: (path: string) => Successors = () => NONE,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      await rewriteInPlace(
        path,
        (resolved) => isBelowDataRoot(dataRoot, resolved),
        ({ text }) => restoredText(text, successorsOf(path)),
      );
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const what = `cannot restore the text from before Drover: ${message}`;
      const hint = 'restart the container: Docker then writes the file again';
      if (code !== 'ENOENT') problems.push({ subject: path, what, hint });
    }
  }
  return problems;
}
