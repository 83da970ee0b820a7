import { chmod, chown, lstat, mkdir, open, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type RunCommand, runCommand } from '../system/index.ts';
import type { TemplateSpec } from './template-spec.ts';

/** A file's present content, mode and owner. */
export interface FileState {
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Null when there is no such file. */
export async function readDestination(path: string): Promise<FileState | null> {
  try {
    const content = await readFile(path, 'utf8');
    const { mode, uid, gid } = await lstat(await realpath(path));
    return { content, mode: mode & 0o7777, uid, gid };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The wanted owner of a file. Null: not specified. */
export interface Owner {
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Ids of `user`, `user:group` or `:group`. Looks up names on this machine. Rejects when a name does not exist. */
export async function ownerOf(text: string | null, run: RunCommand = runCommand): Promise<Owner> {
  if (text === null) return { uid: null, gid: null };
  const [user = '', group = ''] = text.split(':');
  return { uid: await idOf('passwd', user, run), gid: await idOf('group', group, run) };
}

async function idOf(database: 'passwd' | 'group', name: string, run: RunCommand): Promise<number | null> {
  if (name === '') return null;
  if (/^\d+$/.test(name)) return Number(name);
  const line = await run('getent', [database, name]).catch(() => '');
  const id = line.split(':')[2];
  if (id === undefined)
    throw new Error(`there is no ${database === 'passwd' ? 'user' : 'group'} ${name} on this machine`);
  return Number(id);
}

/** A new version beside its destination, not yet in place. */
export interface Staged {
  readonly path: string;
  /** Puts the new version in place with a rename: readers see the old file or the new one. A mounted file is written in place. */
  commit(): Promise<void>;
  /** Removes the staged file, if it is still there. */
  discard(): Promise<void>;
}

/** Writes the new version into the folder of its destination. Follows a symbolic link, so that the link stays. */
export async function stage(
  spec: Pick<TemplateSpec, 'destination' | 'mode'>,
  content: string,
  { owner, before }: { readonly owner: Owner; readonly before: FileState | null },
): Promise<Staged> {
  const target = before ? await realpath(spec.destination) : spec.destination;
  await mkdir(dirname(target), { recursive: true });
  const path = await create(target, content, before !== null);
  const discard = () => rm(path, { force: true });
  const wanted = {
    uid: owner.uid ?? before?.uid ?? null,
    gid: owner.gid ?? before?.gid ?? null,
    mode: spec.mode ?? before?.mode ?? 0o644,
  };
  try {
    await setOwnerAndMode(path, wanted, null);
  } catch (error) {
    await discard();
    throw error;
  }
  const commit = async (): Promise<void> => {
    try {
      await rename(path, target);
    } catch (error) {
      if (before === null || !NOT_REPLACEABLE.includes(codeOf(error))) throw error;
      await writeInPlace(target, content, before);
      await setOwnerAndMode(target, wanted, before);
    }
  };
  return { path, commit, discard };
}

/** The file is a mount point, or on another file system than the staged file, or its folder cannot be written. */
const NOT_REPLACEABLE = ['EBUSY', 'EXDEV', 'EROFS', 'EACCES', 'EPERM'];

/** Changes only what differs from `present`. */
async function setOwnerAndMode(
  path: string,
  { uid, gid, mode }: Owner & Pick<FileState, 'mode'>,
  present: FileState | null,
): Promise<void> {
  const isOwned = (uid ?? present?.uid) === present?.uid && (gid ?? present?.gid) === present?.gid;
  if (!isOwned) await chown(path, uid ?? -1, gid ?? -1);
  if (mode !== present?.mode) await chmod(path, mode);
}

/** The folder of a file that Docker mounts into a container may be read-only; then the new version is staged elsewhere. */
async function create(target: string, content: string, exists: boolean): Promise<string> {
  const name = `.${basename(target)}.drover`;
  try {
    return await createFile(join(dirname(target), name), content);
  } catch (error) {
    if (!exists || !NOT_REPLACEABLE.includes(codeOf(error))) throw error;
    return createFile(join(tmpdir(), `${name}.${process.pid}`), content);
  }
}

async function createFile(path: string, content: string): Promise<string> {
  await rm(path, { force: true });
  // Other users must not read the file before it has its owner and mode.
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

/** If the new content cannot be written, the old one is restored. */
async function writeInPlace(path: string, content: string, before: FileState): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    await writeFile(path, before.content).catch(() => {});
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
