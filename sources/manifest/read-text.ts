import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import type { Problem } from '../../model/index.ts';

/** Larger files are not accepted. */
const MAX_BYTES = 2e6;

/** The text of a file, or why it cannot be read. `isMissing`: there is no such file, or no such directory. */
export type ReadText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly isMissing: boolean; readonly fault: Omit<Problem, 'subject'> };

export type ReadFile = (path: string) => Promise<ReadText>;

/** Reads a text file in UTF-8. Only regular files: reading a device or a pipe may never end. Never rejects. */
export async function readText(path: string): Promise<ReadText> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return refused('is a directory', 'replace it by a file');
    if (!stats.isFile()) return refused('is not a regular file', 'replace it by a file');
    if (stats.size > MAX_BYTES) return refused('is larger than 2 MB', 'split it into several files');
    return manifestText(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fault = { what: `cannot be read (${code})`, hint: 'make it a file that the agent may read' };
    return { ok: false, isMissing: code === 'ENOENT' || code === 'ENOTDIR', fault };
  }
}

/** The bytes of a manifest as text. */
export function manifestText(bytes: Buffer): ReadText {
  if (isUtf8(bytes)) return { ok: true, text: bytes.toString() };
  return refused('is not text in UTF-8', 'save it in UTF-8');
}

function refused(what: string, hint: string): ReadText {
  return { ok: false, isMissing: false, fault: { what, hint } };
}
