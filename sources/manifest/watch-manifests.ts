import { join } from 'node:path';
import type { Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import { applyChanges, type DeclarationDocuments } from './apply.ts';
import { type DirectoryPicture, pictureOf, type Sourced } from './directory-picture.ts';
import { isSame } from './files/manifest.ts';
import { type Ledger, readLedger, writeLedger } from './ledger.ts';
import { planDirectory } from './plan.ts';
import { createDirectoryReader, type ManifestUnit } from './read-directory.ts';

export interface WatchManifestsDependencies {
  readonly documents: DeclarationDocuments;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WatchManifestsOptions {
  readonly dir: string;
  /** File with the record of applied declarations, such as `/var/lib/drover/manifests.json`. */
  readonly ledgerPath: string;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** How often the directory is read. Default 1 s. */
  readonly pollMs?: number;
  /** How often missing declarations are put back on the bus. Default 30 s. */
  readonly resyncMs?: number;
}

export interface ManifestsReport {
  /** How many services the directory declares. */
  readonly services: number;
  readonly problems: readonly Problem[];
  readonly ignored: readonly Problem[];
  /** When the directory was last applied to the bus, milliseconds since the epoch; null before the first time. */
  readonly appliedAtMs: number | null;
}

export interface ManifestWatch {
  report(): ManifestsReport;
  /** The file or folder of the directory that declares a document, by its key; null: none. */
  fileOf(key: string): string | null;
  /** Resolves after `signal` has aborted and all work has ended; never rejects. */
  readonly done: Promise<void>;
}

interface WatchState {
  /** The directory when it was last read. */
  seen: readonly ManifestUnit[] | null;
  /** The directory when it was last parsed; null before the first time. */
  parsed: readonly ManifestUnit[] | null;
  picture: DirectoryPicture;
  /** The picture for which the record was saved. */
  recorded: DirectoryPicture | null;
  ledger: Ledger;
  nextApplyAt: number;
  readProblems: readonly Problem[];
  applyProblems: readonly Problem[];
  appliedAtMs: number | null;
}

/**
 * Keeps on the bus what the manifests of a directory declare: its `*.yml` and `*.yaml`, and folders, each the files of the
 * stack it is named after. A bad file keeps its last good version; a missing directory changes nothing.
 */
export function watchManifests(deps: WatchManifestsDependencies, options: WatchManifestsOptions): ManifestWatch {
  const { clock, log } = deps;
  const { dir, ledgerPath, signal, pollMs = 1000 } = options;
  const state: WatchState = {
    seen: null,
    parsed: null,
    recorded: null,
    picture: { declared: new Map(), problems: [], ignored: [], manifests: new Map() },
    ledger: new Map(),
    nextApplyAt: 0,
    readProblems: [],
    applyProblems: [],
    appliedAtMs: null,
  };
  const read = createDirectoryReader(dir);
  const follow = async (): Promise<void> => {
    state.ledger = await readLedger({ log }, ledgerPath);
    for (;;) {
      signal.throwIfAborted();
      await look(deps, { dir, read }, state);
      if (state.parsed !== null && clock.monotonic() >= state.nextApplyAt) await bring(deps, options, state);
      await clock.sleep(pollMs, signal);
    }
  };
  return {
    report: () => ({
      services: state.picture.declared.size,
      problems: [...state.readProblems, ...state.picture.problems, ...state.applyProblems],
      ignored: state.picture.ignored,
      appliedAtMs: state.appliedAtMs,
    }),
    fileOf: (key) => {
      const unit = (state.picture.declared.get(key) ?? state.ledger.get(key))?.unit;
      return unit === undefined ? null : join(dir, unit);
    },
    done: follow().catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, dir }, 'no longer watching the manifests');
    }),
  };
}

interface Directory {
  readonly dir: string;
  readonly read: ReturnType<typeof createDirectoryReader>;
}

/** Reads the directory, and parses what changed. */
async function look({ log }: WatchManifestsDependencies, { dir, read }: Directory, state: WatchState): Promise<void> {
  const units = await read().catch((error: NodeJS.ErrnoException) => error);
  if (units === null || units instanceof Error) {
    state.readProblems = directoryProblems(dir, units, state.ledger.size);
    return;
  }
  state.readProblems = [];
  // A file that is being written may be valid but incomplete, and another may be missing meanwhile: both must be the same twice.
  const isSettled = isSameList(units, state.seen);
  state.seen = units;
  if (!isSettled || isSameList(units, state.parsed)) return;
  const before: ReadonlyMap<string, Sourced> = state.parsed === null ? state.ledger : state.picture.declared;
  state.picture = pictureOf(units, before, state.picture.manifests);
  state.parsed = units;
  state.nextApplyAt = 0;
  const { declared, problems } = state.picture;
  log.info({ dir, services: declared.size, problems: problems.length }, 'manifests read');
  for (const { subject, what, hint } of problems) log.warn({ subject, what, hint }, 'a manifest is invalid');
}

/** A directory that never existed is no problem; one that disappeared may be a file system that is not mounted. */
function directoryProblems(dir: string, error: NodeJS.ErrnoException | null, known: number): readonly Problem[] {
  if (error?.code === 'ENOTDIR')
    return [{ subject: dir, what: 'is not a directory', hint: 'replace it by a directory' }];
  if (error)
    return [{ subject: dir, what: `cannot be read (${error.code})`, hint: 'give the agent permission to read it' }];
  if (known === 0) return [];
  const what = `is missing; the ${known} services it declared stay`;
  return [{ subject: dir, what, hint: 'restore it, or create an empty directory to remove its declarations' }];
}

async function bring(
  { documents, clock, log }: WatchManifestsDependencies,
  { ledgerPath, resyncMs = 30_000 }: WatchManifestsOptions,
  state: WatchState,
): Promise<void> {
  const { declared } = state.picture;
  state.nextApplyAt = clock.monotonic() + resyncMs;
  if (declared.size === 0 && state.ledger.size === 0) return;
  try {
    const changes = planDirectory(await documents.list('service/'), declared, state.ledger);
    const { picture } = state;
    const hasNews = changes.length > 0 || state.recorded !== picture;
    if (hasNews) await keep(ledgerPath, state, intended(declared, state.ledger));
    state.applyProblems = await applyChanges({ documents, clock }, changes);
    if (hasNews) await keep(ledgerPath, state, asApplied(declared));
    state.recorded = picture;
    if (changes.length > 0) log.info({ changes: changes.length }, 'manifests applied');
    state.appliedAtMs = clock.now();
  } catch (error) {
    state.nextApplyAt = 0;
    if (state.applyProblems.length === 0) log.warn({ err: error }, 'cannot apply the manifests; retrying');
    const what = `cannot be applied: ${error instanceof Error ? error.message : String(error)}`;
    state.applyProblems = [
      {
        subject: 'manifests',
        what,
        hint: 'no action needed, Drover retries automatically; if this persists, check the bus: `drover status`',
      },
    ];
  }
}

async function keep(path: string, state: WatchState, ledger: Ledger): Promise<void> {
  await writeLedger(path, ledger);
  state.ledger = ledger;
}

/** The record before the changes: an entry must not be removed before its document. */
function intended(declared: ReadonlyMap<string, Sourced>, ledger: Ledger): Ledger {
  const entries = [...declared].map(([key, sourced]) => {
    const entry = ledger.get(key);
    const applied = entry?.applied === true && isSame(entry.declaration, sourced.declaration);
    return [key, { ...sourced, applied }] as const;
  });
  return new Map([...ledger, ...entries]);
}

function asApplied(declared: ReadonlyMap<string, Sourced>): Ledger {
  return new Map([...declared].map(([key, sourced]) => [key, { ...sourced, applied: true }]));
}

/** Units that did not change are the same objects. */
function isSameList(a: readonly ManifestUnit[], b: readonly ManifestUnit[] | null): boolean {
  return b !== null && a.length === b.length && a.every((unit, index) => unit === b[index]);
}
