import { type ChildRecord, readRecord } from './child-command.ts';
import { isRunning } from './process-identity.ts';

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
    slotsOf(name).map(async (slot): Promise<LivingChild | null> => {
      const record = await readRecord(runDir, slot);
      return record !== null && (await isRunning(record.identity)) ? { ...record, slot } : null;
    }),
  );
  return found.filter((child) => child !== null);
}
