import { CommandError, type RunCommand } from '../system/index.ts';
import { type Step, step } from './step.ts';

/** Names a table: there may be one of a name in each family. */
export interface TableId {
  readonly family: 'ip' | 'bridge';
  readonly name: string;
}

/** An nft table of ours, always replaced as a whole in one transaction. */
export interface NftTable {
  /** The table as it stands in the kernel, without what packets put into its sets and counters; null if there is none. What was replaced last reads back as it was written. */
  read(signal?: AbortSignal): Promise<string | null>;
  /** Remembers how the kernel lists what was just written: nft rewrites some forms. Call after the step was applied. */
  learn(written: string, signal?: AbortSignal): Promise<void>;
}

export function createNftTable({ run }: { run: RunCommand }, { family, name }: TableId): NftTable {
  let learned: { written: string; listed: string } | null = null;
  const list = async (signal?: AbortSignal): Promise<string | null> => {
    try {
      return normal(
        await run('nft', ['--stateless', '--terse', 'list', 'table', family, name], signal ? { signal } : {}),
      );
    } catch (error) {
      if (error instanceof CommandError && error.stderr.includes('No such file')) return null;
      throw error;
    }
  };
  return {
    read: async (signal) => {
      const listed = await list(signal);
      return listed !== null && listed === learned?.listed ? normal(learned.written) : listed;
    },
    learn: async (written, signal) => {
      const listed = await list(signal);
      learned = listed === null ? null : { written, listed };
    },
  };
}

/** Whether two texts of a table differ in more than white space. */
export function sameTable(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && normal(a) === normal(b));
}

/** Puts a rendered table (`table ip NAME { ... }`) in the place of whatever has its name, atomically. */
export function replaceTable({ family, name }: TableId, text: string): Step {
  return step('nft -f -', `table ${family} ${name}\ndelete table ${family} ${name}\n${text}`);
}

export function removeTable(id: TableId): Step {
  return replaceTable(id, '');
}

function normal(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
