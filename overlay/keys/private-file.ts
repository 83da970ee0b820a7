import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { ok, problem, type Result } from '../../model/index.ts';

/** Far more than a key needs. */
const MAX_BYTES = 16_384;

/** For messages. */
export interface PrivateFile {
  /** `private key /var/lib/drover/overlay/ipsec.key` */
  readonly subject: string;
  /** The hint if the path is not a file or not a directory. */
  readonly replace: string;
}

/** The text of a file that only this user can read. Null: there is no file. Rejects if it cannot be read. */
export async function readPrivateFile(path: string, about: PrivateFile): Promise<Result<string> | null> {
  const found = await lstat(path).catch(absent);
  if (found === null) return null;
  // Checked before it is opened, because opening a FIFO would wait.
  if (!found.isFile()) return refusal(path, found, { isRight: false, what: 'file', mode: 600 }, about);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const refused = refusal(path, stats, { isRight: stats.isFile(), what: 'file', mode: 600 }, about);
    if (refused) return refused;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return ok(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The problem of a directory to which other users have access. Null: there is none, or only this user has access. */
export async function checkPrivateFolder(path: string, about: PrivateFile): Promise<ReturnType<typeof problem> | null> {
  const stats = await lstat(path).catch(absent);
  return stats && refusal(path, stats, { isRight: stats.isDirectory(), what: 'directory', mode: 700 }, about);
}

interface Wanted {
  readonly isRight: boolean;
  readonly what: 'file' | 'directory';
  /** As `chmod` takes it. */
  readonly mode: number;
}

/** The problem of a file or directory to which other users have access; null if they have none. */
function refusal(
  path: string,
  { uid, mode }: Stats,
  wanted: Wanted,
  { subject, replace }: PrivateFile,
): ReturnType<typeof problem> | null {
  const own = process.getuid?.() ?? 0;
  if (!wanted.isRight) return problem(subject, `is not a ${wanted.what}`, replace);
  if (uid !== own)
    return problem(subject, `belongs to user ${uid}, not to user ${own}`, `run \`chown ${own} ${path}\``);
  if ((mode & 0o077) === 0) return null;
  const rights = (mode & 0o777).toString(8);
  return problem(subject, `other users have rights to it (mode ${rights})`, `run \`chmod ${wanted.mode} ${path}\``);
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
