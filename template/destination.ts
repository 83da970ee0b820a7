import { chmod, chown, lstat, mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
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
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
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

/** A new version in the folder of its destination, not yet in place. */
export interface Staged {
  readonly path: string;
  /** Puts the new version in place with a rename: readers see the old file or the new one. */
  commit(): Promise<void>;
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
  const path = join(dirname(target), `.${basename(target)}.${process.pid}.drover`);
  await rm(path, { force: true });
  const discard = () => rm(path, { force: true });
  try {
    // Other users must not read the file before it has its owner and mode.
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(content).finally(() => file.close());
    const uid = owner.uid ?? before?.uid ?? null;
    const gid = owner.gid ?? before?.gid ?? null;
    if (uid !== null || gid !== null) await chown(path, uid ?? -1, gid ?? -1);
    await chmod(path, spec.mode ?? before?.mode ?? 0o644);
  } catch (error) {
    await discard();
    throw error;
  }
  return { path, commit: () => rename(path, target), discard };
}
