import { CommandError, type RunCommand } from '../system/index.ts';
import { type Step, step } from './step.ts';

/** An nft table of ours (family ip), always replaced as a whole in one transaction. */
export interface NftTable {
  /** The table as it stands in the kernel, without what packets put into its sets and counters; null if there is none. What was replaced last reads back as it was written. */
  read(signal?: AbortSignal): Promise<string | null>;
  /** Remembers how the kernel lists what was just written: nft rewrites some forms. Call after the step was applied. */
  learn(written: string, signal?: AbortSignal): Promise<void>;
}

export function createNftTable({ run }: { run: RunCommand }, name: string): NftTable {
  let learned: { written: string; listed: string } | null = null;
  const list = async (signal?: AbortSignal): Promise<string | null> => {
    try {
      return normal(
        await run('nft', ['--stateless', '--terse', 'list', 'table', 'ip', name], signal ? { signal } : {}),
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
export function replaceTable(name: string, text: string): Step {
  return step('nft -f -', `table ip ${name}\ndelete table ip ${name}\n${text}`);
}

export function removeTable(name: string): Step {
  return step('nft -f -', `table ip ${name}\ndelete table ip ${name}\n`);
}

function normal(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
