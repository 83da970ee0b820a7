import { CommandError, type RunCommand } from '../system/index.ts';
import { parseSets, type SetElements } from './nft-sets.ts';
import type { TableId } from './nft-table-id.ts';
import { type Step, step } from './step.ts';

/** One of our nft tables. It is always replaced as a whole in one transaction. */
export interface NftTable {
  /**
   * The table in the kernel, without counters and dynamic set elements; null: there is none. The text that was written last is
   * returned as it was written, although nft lists it differently.
   */
  read(signal?: AbortSignal): Promise<string | null>;
  /** In one listing with what `read` leaves out of these sets. The sets of a table that does not exist are empty. */
  readWithSets<Name extends string>(sets: readonly Name[], signal?: AbortSignal): Promise<TableWithSets<Name>>;
  /** Remembers how nft lists the text that was just written, because nft rewrites some forms. Call it after the step. */
  learn(written: string, signal?: AbortSignal): Promise<void>;
}

export interface TableWithSets<Name extends string> {
  readonly text: string | null;
  readonly elements: SetElements<Name>;
}

export function createNftTable({ run }: { run: RunCommand }, { family, name }: TableId): NftTable {
  let learned: { written: string; listed: string } | null = null;
  const list = async (options: readonly string[], signal?: AbortSignal): Promise<string | null> => {
    try {
      return await run('nft', [...options, 'list', 'table', family, name], signal ? { signal } : {});
    } catch (error) {
      if (isNoTable(error)) return null;
      throw error;
    }
  };
  const listRules = async (signal?: AbortSignal): Promise<string | null> => {
    const listing = await list(['--stateless', '--terse'], signal);
    return listing === null ? null : normal(listing);
  };
  const asWritten = (listed: string | null): string | null =>
    listed !== null && listed === learned?.listed ? normal(learned.written) : listed;
  return {
    read: async (signal) => asWritten(await listRules(signal)),
    readWithSets: async (sets, signal) => {
      const listing = await list(['--stateless'], signal);
      return {
        text: listing === null ? null : asWritten(normal(withoutElements(listing))),
        elements: parseSets(listing ?? '', sets),
      };
    },
    learn: async (written, signal) => {
      const listed = await listRules(signal);
      learned = listed === null ? null : { written, listed };
    },
  };
}

/** As `nft --terse` lists it. */
function withoutElements(listing: string): string {
  return listing.replaceAll(/^\s+elements = \{[^}]*\}\n/gm, '');
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
