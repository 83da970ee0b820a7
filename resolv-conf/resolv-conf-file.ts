import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The file is not one that Docker made for a container. */
export class ResolvConfFileError extends Error {
  override readonly name = 'ResolvConfFileError';
}

const LARGEST_BYTES = 64 * 1024;
// The container can write to this file too and may have replaced it: do not follow links, and do not wait for a pipe.
const FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads the file and writes the result of `rewrite` (null: nothing) in place, because the container has the inode mounted.
 * Returns the new text.
 */
export async function rewriteInPlace(
  path: string,
  isPathAllowed: (path: string) => boolean,
  rewrite: (text: string) => string | null,
): Promise<string> {
  const resolved = await resolve(path);
  if (!isPathAllowed(resolved)) throw new ResolvConfFileError(`${resolved} is not below Docker's data directory`);
  const file = await open(resolved, constants.O_RDWR | FLAGS);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new ResolvConfFileError(`${resolved} is not a regular file`);
    if (status.size > LARGEST_BYTES) throw new ResolvConfFileError(`${resolved} has more than ${LARGEST_BYTES} bytes`);
    const before = await file.readFile('utf8');
    const after = rewrite(before);
    if (after === null) return before;
    // One write without truncation, so that no reader sees half a file. Blank lines overwrite the rest of a longer text.
    const bytes = Buffer.from(after);
    const padding = Buffer.alloc(Math.max(0, Buffer.byteLength(before) - bytes.length), '\n');
    const whole = Buffer.concat([bytes, padding]);
    const { bytesWritten } = await file.write(whole, 0, whole.length, 0);
    if (bytesWritten < whole.length) throw new ResolvConfFileError(`${resolved} was only partly written`);
    return after;
  } finally {
    await file.close();
  }
}

/** Whether Docker keeps the files of its containers there; `path` without symbolic links. */
export function isBelowDataRoot(dataRoot: string, path: string): boolean {
  return path.startsWith(`${dataRoot}/containers/`);
}

/** Follows links among the directories, so that the check is made on the real location. */
async function resolve(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}
