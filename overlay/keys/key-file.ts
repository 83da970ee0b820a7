import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatProblem, ok, type Problem, problem, type Result } from '../../model/index.ts';
import { oneAtATime, writeFileAtomic } from '../../system/index.ts';
import type { KeyKind } from './key-kinds.ts';

/** A key pair of this host. The private half never leaves the host: it must not be logged or published. */
export interface KeyPair {
  readonly publicKey: string;
  /** The content of the file. */
  readonly privateKey: string;
}

/** A private key cannot be used. */
export class KeyError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(formatProblem(problem));
    this.name = 'KeyError';
    this.problem = problem;
  }
}

/** Throws a KeyError. */
export function expectKey(result: Result<KeyPair>): KeyPair {
  if (result.ok) return result.value;
  throw new KeyError(result.problem);
}

/** The private key of one tunnel, in a file that only this user can read. */
export interface KeyFile {
  readonly path: string;
  /** Makes the key if there is no file. A file that others can read, or that holds no key, is refused and never replaced. */
  read(): Promise<Result<KeyPair>>;
  /** Replaces the key atomically by a new one. */
  renew(): Promise<Result<KeyPair>>;
}

export interface KeyFileSettings {
  readonly path: string;
  readonly kind: KeyKind;
}

/** Far more than a key needs. */
const MAX_BYTES = 16_384;

export function createKeyFile({ path, kind }: KeyFileSettings): KeyFile {
  const write = async (): Promise<Result<KeyPair>> => {
    const folder = await prepareFolder(dirname(path));
    if (!folder.ok) return folder;
    await writeFileAtomic(path, kind.generate(), { mode: 0o600 });
    return readKey(path, kind).then((found) => found ?? missing(path));
  };
  return {
    path,
    read: oneAtATime(() => guarded(path, async () => (await readKey(path, kind)) ?? write())),
    renew: oneAtATime(() => guarded(path, write)),
  };
}

/** A full or broken disk affects this key only. */
function guarded(path: string, work: () => Promise<Result<KeyPair>>): Promise<Result<KeyPair>> {
  return work().catch(({ message }: Error) =>
    problem(`private key ${path}`, `cannot be used: ${message}`, 'fix the cause; Drover tries again by itself'),
  );
}

/** Null: there is no file. */
async function readKey(path: string, kind: KeyKind): Promise<Result<KeyPair> | null> {
  const folder = await lstat(dirname(path)).catch(absent);
  if (folder === null) return null;
  const refused = refuse(dirname(path), folder, { isRight: folder.isDirectory(), what: 'directory', mode: 700 });
  if (refused) return refused;
  const found = await lstat(path).catch(absent);
  if (found === null) return null;
  // Checked before it is opened, because opening a FIFO would wait.
  if (!found.isFile()) return refuse(path, found, { isRight: false, what: 'file', mode: 600 });
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const wrong = refuse(path, stats, { isRight: stats.isFile(), what: 'file', mode: 600 });
    if (wrong) return wrong;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    const privateKey = buffer.toString('utf8', 0, bytesRead);
    const publicKey = kind.publicKeyOf(privateKey);
    return publicKey === null ? damaged(path, kind) : ok({ publicKey, privateKey });
  } finally {
    await file.close();
  }
}

async function prepareFolder(path: string): Promise<Result<null>> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stats = await lstat(path);
  return refuse(path, stats, { isRight: stats.isDirectory(), what: 'directory', mode: 700 }) ?? ok(null);
}

interface Wanted {
  readonly isRight: boolean;
  readonly what: 'file' | 'directory';
  /** As `chmod` takes it. */
  readonly mode: number;
}

/** The problem of a file or directory to which other users have access; null if they have none. */
function refuse(path: string, { uid, mode }: Stats, wanted: Wanted): ReturnType<typeof problem> | null {
  const subject = `private key ${path}`;
  const own = process.getuid?.() ?? 0;
  if (!wanted.isRight)
    return problem(subject, `is not a ${wanted.what}`, `remove ${path}; Drover makes a new key then`);
  if (uid !== own) {
    return problem(subject, `belongs to user ${uid}, not to user ${own}`, `run \`chown ${own} ${path}\``);
  }
  if ((mode & 0o077) === 0) return null;
  const rights = (mode & 0o777).toString(8);
  return problem(subject, `other users have rights to it (mode ${rights})`, `run \`chmod ${wanted.mode} ${path}\``);
}

function damaged(path: string, { title }: KeyKind): ReturnType<typeof problem> {
  return problem(
    `private key ${path}`,
    `the file does not hold a ${title} key`,
    'restore the file, or remove it; Drover makes a new key then',
  );
}

function missing(path: string): ReturnType<typeof problem> {
  return problem(`private key ${path}`, 'was removed while it was written', 'no action needed: it is written again');
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
