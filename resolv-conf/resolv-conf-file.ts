import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Why a container's resolv.conf cannot be used, in words for an operator. */
export class ResolvConfFileError extends Error {
  override readonly name = 'ResolvConfFileError';
}

const LARGEST_BYTES = 64 * 1024;
// The container writes to this file too: it may be anything by now. No link is followed, and no pipe waited for.
const FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads the file, and writes what `rewrite` gives (null: nothing) in place: the container's mount is of the inode. Gives
 * the text that stands there afterwards.
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
    // One write and no truncation: nobody who reads meanwhile sees half a file. Blank lines fill what is left over.
    const bytes = Buffer.from(after);
    const padding = Buffer.alloc(Math.max(0, Buffer.byteLength(before) - bytes.length), '\n');
    const whole = Buffer.concat([bytes, padding]);
    const { bytesWritten } = await file.write(whole, 0, whole.length, 0);
    if (bytesWritten < whole.length) throw new ResolvConfFileError(`${resolved} was written in part only`);
    return after;
  } finally {
    await file.close();
  }
}

/** Links among the directories are followed, so that the check is made on where the file really is. */
async function resolve(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}
