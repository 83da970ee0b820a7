import { CommandError, type RunCommand } from '../system/index.ts';
import { type Step, step } from './step.ts';

/** Each family can have a table of the same name. */
export interface TableId {
  readonly family: 'ip' | 'inet' | 'bridge';
  readonly name: string;
}

/** One of our nft tables. It is always replaced as a whole in one transaction. */
export interface NftTable {
  /**
   * The table in the kernel, without counters and dynamic set elements; null: there is none. The text that was written last is
   * returned as it was written, although nft lists it differently.
   */
  read(signal?: AbortSignal): Promise<string | null>;
  /** Remembers how nft lists the text that was just written, because nft rewrites some forms. Call it after the step. */
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
      if (isNoTable(error)) return null;
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

/** Whether two texts of a table are equal except for white space. */
export function sameTable(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && normal(a) === normal(b));
}

/** Replaces the table of this name with a rendered one (`table ip NAME { ... }`), atomically. */
export function replaceTable({ family, name }: TableId, text: string): Step {
  return step('nft -f -', `table ${family} ${name}\ndelete table ${family} ${name}\n${text}`);
}

/** The rendered table in a step of `replaceTable`, without the commands after it. Null: the step does not replace a table. */
export function replacedText({ file, input = '' }: Step): string | null {
  if (file !== 'nft' || !input.startsWith('table ')) return null;
  const lines = input.split('\n').slice(2);
  return lines.slice(0, lines.indexOf('}') + 1).join('\n');
}

export function removeTable(id: TableId): Step {
  return replaceTable(id, '');
}

/** Whether nft could not list a table because there is none. */
export function isNoTable(error: unknown): boolean {
  return error instanceof CommandError && error.stderr.includes('No such file');
}

function normal(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
