import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatProblem, ok, type Problem, problem, type Result } from '../../model/index.ts';
import { oneAtATime, writeFileAtomic } from '../../system/index.ts';
import type { KeyKind } from './key-kinds.ts';
import { checkPrivateFolder, type PrivateFile, readPrivateFile } from './private-file.ts';

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
export function expectKey<Key>(result: Result<Key>): Key {
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
  const found =
    (await checkPrivateFolder(dirname(path), keyAt(dirname(path)))) ?? (await readPrivateFile(path, keyAt(path)));
  if (found === null || !found.ok) return found;
  const publicKey = kind.publicKeyOf(found.value);
  return publicKey === null ? damaged(path, kind) : ok({ publicKey, privateKey: found.value });
}

const keyAt = (path: string): PrivateFile => ({
  subject: `private key ${path}`,
  replace: `remove ${path}; Drover makes a new key then`,
});

async function prepareFolder(path: string): Promise<Result<null>> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return (await checkPrivateFolder(path, keyAt(path))) ?? ok(null);
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
