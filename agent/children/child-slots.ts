import { type ChildRecord, readRecord } from './child-command.ts';
import { isRunning } from './process-identity.ts';

/** A process of a child that runs now, and the slot (name of its lock and pid file) it was started in. */
export interface LivingChild extends ChildRecord {
  readonly slot: string;
}

/** A child has two slots, so that a new version can get ready beside the old one. */
export function slotsOf(name: string): readonly [string, string] {
  return [name, `${name}.next`];
}

/** The processes of a child that run now: none, one, or two in the middle of a replacement. */
export async function readLiving(runDir: string, name: string): Promise<readonly LivingChild[]> {
  const found = await Promise.all(
    slotsOf(name).map(async (slot): Promise<LivingChild | null> => {
      const record = await readRecord(runDir, slot);
      return record !== null && (await isRunning(record.identity)) ? { ...record, slot } : null;
    }),
  );
  return found.filter((child) => child !== null);
}
