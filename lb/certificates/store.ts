import { formatProblem, type Problem, type Result } from '../../model/index.ts';
import { type Clock, createWakeUp, type Log, mapConcurrently } from '../../system/index.ts';
import type { Certificate } from './certificate.ts';
import type { RefusedCopies } from './haproxy-check.ts';
import { type CertificateSource, listSources, type SourceListing } from './list-sources.ts';
import { nameFits, PrivateCopies } from './private-copies.ts';
import {
  certificateSubject,
  directoryProblem,
  listingProblems,
  longNameProblem,
  refusedProblem,
  stillInUse,
  validityProblem,
} from './problems.ts';
import { createSourceReader, type ReadCertificate } from './read-source.ts';
import { createDirectoryWatch } from './watch-directories.ts';

export interface CertificateStoreDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** `createHaproxyCheck()`. */
  readonly refused: RefusedCopies;
}

export interface CertificateStoreSettings {
  /** Where the operator puts certificates. */
  readonly directory: string;
  /** Where HAProxy reads them; created, mode 0700. Nothing else may be in it. */
  readonly privateDirectory: string;
  /** How often the directory is read without an event. Default 30 s. */
  readonly pollMs?: number;
  /** How long a certificate must be missing before it is removed. Default 2 s. */
  readonly removeAfterMs?: number;
}

/** Programs replace several files in a row. */
const QUIET_MS = 100;
/** A missing directory cannot be watched. */
const MISSING_POLL_MS = 1_000;
const READS_AT_ONCE = 8;

/**
 * The certificates of a directory, with private copies for HAProxy, kept up to date. A certificate that cannot be read stays as it
 * was, also after a restart.
 */
export class CertificateStore {
  readonly #deps;
  readonly #settings;
  readonly #copies;
  readonly #wakeUp;
  readonly #reader;
  readonly #watch;
  readonly #loaded = Promise.withResolvers<void>();
  readonly #listeners = new Set<() => void>();
  #isOpen = false;
  #certificates: ReadonlyMap<string, Certificate> = new Map();
  #faults: readonly Problem[] = [];
  /** Versions of certificates that HAProxy refuses, by name. */
  readonly #refused = new Map<string, string>();
  /** When each missing certificate is removed, monotonic. */
  #removals: ReadonlyMap<string, number> = new Map();

  constructor(deps: CertificateStoreDependencies, settings: CertificateStoreSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#copies = new PrivateCopies(settings.privateDirectory, deps.refused);
    this.#wakeUp = createWakeUp(deps.clock);
    this.#reader = createSourceReader(() => deps.clock.now());
    this.#watch = createDirectoryWatch(() => this.#wakeUp.wake());
  }

  /** By name, sorted. The identical value while nothing changed. */
  get current(): ReadonlyMap<string, Certificate> {
    return this.#certificates;
  }

  /** Resolves when the directory has been read once. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  problems(): readonly Problem[] {
    const now = this.#deps.clock.now();
    return [...this.#faults, ...[...this.current.values()].flatMap((one) => validityProblem(one, now) ?? [])];
  }

  /** Calls `listener` after a change. Gives the function that removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Works until `signal` aborts. Call once. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look().catch((error: NodeJS.ErrnoException) => this.#report([this.#copyProblem(error)]));
      this.#loaded.resolve();
      await this.#wakeUp.wait(this.#nextLookMs(), signal);
      await this.#wakeUp.pause(QUIET_MS, signal);
    }
    this.#watch.close();
  }

  #nextLookMs(): number {
    const { pollMs = 30_000 } = this.#settings;
    const now = this.#deps.clock.monotonic();
    const waits = [...this.#removals.values()].map((at) => Math.max(0, at - now));
    return Math.min(this.#watch.isWatching() ? pollMs : MISSING_POLL_MS, pollMs, ...waits);
  }

  /** Reads what changed. */
  async #look(): Promise<void> {
    if (!this.#isOpen) this.#certificates = new Map((await this.#copies.open()).map((one) => [one.name, one]));
    this.#isOpen = true;
    const { directory } = this.#settings;
    const listing = await listSources(directory).catch((error: NodeJS.ErrnoException) => error);
    if (listing instanceof Error) {
      this.#watch.follow([]);
      this.#report([directoryProblem(directory, listing.code, this.current.size) ?? []].flat());
      return;
    }
    // What changed before the watch began is read by the next look.
    if (this.#watch.follow(listing.directories)) this.#wakeUp.wake();
    this.#reader.keep(listing.sources);
    const reads = await this.#read(listing.sources);
    const next = new Map(this.current);
    await this.#writeChanged(reads, next);
    this.#removeMissing(listing, next);
    const ofSources = listing.sources.flatMap(({ name }) => this.#problemsOf(name, reads.get(name), next));
    this.#report([...ofSources, ...listingProblems(listing, next)]);
    await this.#replace(next);
  }

  async #read(sources: readonly CertificateSource[]): Promise<ReadonlyMap<string, Result<ReadCertificate>>> {
    const reads = new Map<string, Result<ReadCertificate>>();
    await mapConcurrently(sources, READS_AT_ONCE, async (source) => {
      const { name } = source;
      const read = nameFits(name) ? await this.#reader.read(certificateSubject(name), source) : null;
      reads.set(name, read ?? { ok: false, problem: longNameProblem(name) });
    });
    return reads;
  }

  /** Brings `next` up to date with what was read. */
  async #writeChanged(
    reads: ReadonlyMap<string, Result<ReadCertificate>>,
    next: Map<string, Certificate>,
  ): Promise<void> {
    const isNews = (name: string, { about: { version } }: ReadCertificate): boolean =>
      next.get(name)?.version !== version && this.#refused.get(name) !== version;
    const changed = new Map(
      [...reads].flatMap(([name, read]) => (read.ok && isNews(name, read.value) ? [[name, read.value]] : [])),
    );
    for (const [name, written] of await this.#copies.write(changed)) {
      if (written) next.set(name, written);
      else this.#refused.set(name, changed.get(name)?.about.version ?? '');
    }
  }

  #problemsOf(
    name: string,
    read: Result<ReadCertificate> | undefined,
    inUse: ReadonlyMap<string, Certificate>,
  ): readonly Problem[] {
    if (!read) return [];
    if (!read.ok) return [stillInUse(read.problem, inUse.has(name))];
    if (this.#refused.get(name) === read.value.about.version)
      return [stillInUse(refusedProblem(name), inUse.has(name))];
    return read.value.remarks.map((remark) => ({ subject: certificateSubject(name), ...remark }));
  }

  /** Removes from `next` what has been missing for long enough: some programs remove a file before they write it again. */
  #removeMissing({ sources, incomplete }: SourceListing, next: Map<string, Certificate>): void {
    const { removeAfterMs = 2_000 } = this.#settings;
    const present = new Set([...sources.map(({ name }) => name), ...incomplete.keys()]);
    const now = this.#deps.clock.monotonic();
    const missing = [...next.keys()].filter((name) => !present.has(name));
    const removals = missing.map((name) => [name, this.#removals.get(name) ?? now + removeAfterMs] as const);
    for (const [name, at] of removals) if (at <= now) next.delete(name);
    this.#removals = new Map(removals.filter(([, at]) => at > now));
  }

  async #replace(next: ReadonlyMap<string, Certificate>): Promise<void> {
    const before = this.current;
    await this.#copies.writeList(next.values());
    if (next.size === before.size && [...next].every(([name, one]) => before.get(name) === one)) return;
    this.#certificates = new Map([...next].sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const [name, old] of before) if (!next.has(name)) await this.#copies.remove(old);
    this.#deps.log.info({ directory: this.#settings.directory, certificates: next.size }, 'certificates read');
    for (const listener of this.#listeners) listener();
  }

  #report(found: readonly Problem[]): void {
    const known = new Set(this.#faults.map(formatProblem));
    for (const one of found) if (!known.has(formatProblem(one))) this.#deps.log.warn(one, 'problem with a certificate');
    this.#faults = found;
  }

  #copyProblem({ code, message }: NodeJS.ErrnoException): Problem {
    const { privateDirectory } = this.#settings;
    const what = `the private copies for HAProxy cannot be written (${code ?? message})`;
    return { subject: 'certificates', what, hint: `make ${privateDirectory} writable for the agent` };
  }
}
