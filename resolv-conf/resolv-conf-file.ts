import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The file is not one that Docker made for a container. */
export class ResolvConfFileError extends Error {
  override readonly name = 'ResolvConfFileError';
}

const LARGEST_BYTES = 64 * 1024;
// The container can write to this file too and may have replaced it: do not follow links, and do not wait for a pipe.
const FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface FileContent {
  readonly text: string;
  readonly modifiedAtMs: number;
  readonly digest: string;
  /** The digest of what Docker wrote, which Docker keeps beside the file; null: there is none. */
  readonly dockerDigest: string | null;
}

/** Name of the file in which Docker keeps the digest. */
export const digestFileOf = (path: string): string => `${path}.hash`;

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Reads the file and writes the result of `rewrite` (null: nothing) in place, because the container has the inode mounted.
 * Returns the content afterwards; its time of change is that from before.
 */
export async function rewriteInPlace(
  path: string,
  isPathAllowed: (path: string) => boolean,
  rewrite: (content: FileContent) => string | null,
): Promise<FileContent> {
  const resolved = await resolve(path);
  if (!isPathAllowed(resolved)) throw new ResolvConfFileError(`${resolved} is not below Docker's data directory`);
  const file = await open(resolved, constants.O_RDWR | FLAGS);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new ResolvConfFileError(`${resolved} is not a regular file`);
    if (status.size > LARGEST_BYTES) throw new ResolvConfFileError(`${resolved} has more than ${LARGEST_BYTES} bytes`);
    const before = await file.readFile();
    // Docker writes this one after the other.
    const dockerDigest = await readFile(digestFileOf(resolved), 'utf8').catch(() => null);
    const stays = { modifiedAtMs: status.mtimeMs, dockerDigest };
    const content = { ...stays, text: before.toString('utf8'), digest: digestOf(before) };
    const after = rewrite(content);
    if (after === null) return content;
    // One write, so that no reader sees half a file. Blank lines overwrite the rest of a longer text, and are cut off then.
    const bytes = Buffer.from(after);
    const padding = Buffer.alloc(Math.max(0, before.length - bytes.length), '\n');
    const whole = Buffer.concat([bytes, padding]);
    const { bytesWritten } = await file.write(whole, 0, whole.length, 0);
    if (bytesWritten < whole.length) throw new ResolvConfFileError(`${resolved} was only partly written`);
    if (padding.length > 0) await file.truncate(bytes.length);
    return { ...stays, text: after, digest: digestOf(bytes) };
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
