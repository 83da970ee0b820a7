import { readFile } from 'node:fs/promises';
import type { ServiceDeclaration } from '../../model/index.ts';
import { type Log, writeFileAtomic } from '../../system/index.ts';
import type { Sourced } from './directory-picture.ts';

/** One declaration that this host put on the bus. Saved before the put, and again with `applied` after it. */
export interface LedgerEntry extends Sourced {
  readonly applied: boolean;
}

/** The declarations that were put on the bus from a directory, by key. */
export type Ledger = ReadonlyMap<string, LedgerEntry>;

/** Reads the declarations of an earlier run. An invalid file counts as empty, so nothing is deleted. */
export async function readLedger({ log }: { readonly log: Log }, path: string): Promise<Ledger> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    return new Map(Object.entries(parsed as object).filter(isEntry));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing)
      log.warn({ path, err: error }, 'the record of applied manifests cannot be read; starting a new one');
    return new Map();
  }
}

export async function writeLedger(path: string, ledger: Ledger): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(Object.fromEntries(ledger)), { mode: 0o600 });
}

function isEntry(entry: [string, unknown]): entry is [string, LedgerEntry] {
  const [key, value] = entry;
  if (typeof value !== 'object' || value === null) return false;
  const { unit, declaration, applied } = value as Partial<LedgerEntry>;
  const one: Partial<ServiceDeclaration> = declaration ?? {};
  return (
    typeof unit === 'string' && typeof applied === 'boolean' && `service/${one.stack}/${one.name}`.toLowerCase() === key
  );
}
