import { readFile } from 'node:fs/promises';
import { type ChildRecord, lockFile, pidFile, readRecord } from './child-command.ts';
import { findLockHolder } from './lock-holder.ts';
import { identify, isRunning } from './process-identity.ts';

/** A running process of a child, and the slot (name of its lock and pid file) in which it was started. */
export interface LivingChild extends ChildRecord {
  readonly slot: string;
}

/** A child has two slots, so that a new version can start beside the old one. */
export function slotsOf(name: string): readonly [string, string] {
  return [name, `${name}.next`];
}

/** The running processes of a child: none, one, or two in the middle of a replacement. */
export async function readLiving(runDir: string, name: string): Promise<readonly LivingChild[]> {
  const found = await Promise.all(
    slotsOf(name).map(async (slot) => (await recorded(runDir, slot)) ?? (await unrecorded(runDir, slot))),
  );
  return found.filter((child) => child !== null);
}

async function recorded(runDir: string, slot: string): Promise<LivingChild | null> {
  const record = await readRecord(runDir, slot);
  return record !== null && (await isRunning(record.identity)) ? { ...record, slot } : null;
}

/** The process that holds the lock of the slot although its pid file was removed or damaged. Its version is not known. */
async function unrecorded(runDir: string, slot: string): Promise<LivingChild | null> {
  const pid = await findLockHolder(lockFile(runDir, slot));
  if (pid === null) return null;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // The launcher: it has yet to write the pid file.
  if (command.split('\0').includes(pidFile(runDir, slot))) return null;
  const identity = await identify(pid);
  // The launcher may have written the pid file, and become the program, since the pid file was read.
  return (await recorded(runDir, slot)) ?? (identity && { identity, fingerprint: '', slot });
}
