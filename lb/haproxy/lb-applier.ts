import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HaproxySilentError } from '../../haproxy/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import { type Clock, type Log, writeFileAtomic } from '../../system/index.ts';
import { RunningCertificates } from '../certificates/index.ts';
import type { RenderedConfig } from '../render/index.ts';
import type { LbTable } from '../table/table.ts';
import { type Accepted, type Candidates, writeParts } from './candidates.ts';
import type { LbFiles } from './lb-files.ts';
import type { Keeper } from './lb-process.ts';
import type { LiveHaproxy } from './live-haproxy.ts';
import { type Change, type Desired, format, isIdle, type Observed, plan } from './plan.ts';

export interface LbApplierDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: Keeper;
  readonly live: LiveHaproxy;
  readonly candidates: Candidates;
  readonly problems: () => readonly Problem[];
}

export interface LbApplierSettings {
  readonly files: LbFiles;
  readonly drainTimeoutMs: number;
}

const RELOAD_INTERVAL_MS = 1_000;
/** Endpoint changes that follow each other are written together. */
const WRITE_AFTER_MS = 1_000;
const TAKE_OVER_MS = 10_000;

export interface ReloadCounts {
  readonly reloads: number;
  readonly reloadFailures: number;
  readonly lastReloadAtMs: number | null;
}

/** Brings the HAProxy of this host to its table. */
export class LbApplier {
  readonly #deps;
  readonly #settings;
  readonly #certificates;
  #table: LbTable | null = null;
  /** What the running HAProxy was started or reloaded with; null: by an earlier agent. */
  #inForce: Accepted | null = null;
  /** The table whose servers the file has. */
  #written: LbTable | null = null;
  #fileStructure: string | null = null;
  #changedMs = Number.NEGATIVE_INFINITY;
  #reloadedMs = Number.NEGATIVE_INFINITY;
  #counts: ReloadCounts = { reloads: 0, reloadFailures: 0, lastReloadAtMs: null };

  constructor(deps: LbApplierDependencies, settings: LbApplierSettings) {
    this.#deps = deps;
    this.#settings = settings;
    const ask = (commands: string) => deps.live.ask(commands, new AbortController().signal);
    this.#certificates = new RunningCertificates({ ask }, settings.files.certificates);
  }

  readonly applier: Applier<Desired, Observed, Change> = {
    observe: (desired, signal) => this.#observe(desired, signal),
    plan,
    apply: (change, signal) => this.#apply(change, signal),
    format,
    chained: true,
  };

  get counts(): ReloadCounts {
    return this.#counts;
  }

  /** How soon to look again. */
  readonly intervalMs = (): number => {
    const { live, keeper } = this.#deps;
    if (keeper.isKept && live.worker === null) return 50;
    if (live.hasOut || live.generations > 1) return 100;
    const isBehind = this.#written !== this.#table || this.#structure() !== live.worker?.structure;
    return keeper.isKept && isBehind ? 200 : 2_000;
  };

  async #observe({ table }: Desired, signal: AbortSignal): Promise<Observed> {
    const { live, keeper, candidates, clock, problems } = this.#deps;
    if (this.#table !== table) this.#changedMs = clock.monotonic();
    this.#table = table;
    await this.#look(signal);
    const { worker } = live;
    if (worker !== null) keeper.keep();
    candidates.follow(table);
    const { accepted } = candidates;
    if (worker !== null && this.#inForce === null && accepted?.config.structure === worker.structure)
      this.#inForce = accepted;
    const isOurs = worker !== null && this.#inForce?.config.structure === worker.structure;
    const now = clock.monotonic();
    return {
      running: worker && {
        structure: worker.structure,
        servers: live.servers,
        certificates: await this.#certificates.observe(String(worker.pid)),
        backends: (isOurs && this.#inForce?.config.backends) || new Map(),
        hasOld: live.generations > 1,
      },
      kept: keeper.isKept ? { structure: this.#fileStructure } : null,
      mayReload: live.generations < 2 && now - this.#reloadedMs >= RELOAD_INTERVAL_MS,
      mayWrite: isOurs && this.#written !== table && now - this.#changedMs >= WRITE_AFTER_MS,
      out: live.out(),
      nowMs: now,
      drainTimeoutMs: this.#settings.drainTimeoutMs,
      problems: [...problems(), ...this.#certificates.problems],
    };
  }

  async #apply(change: Change, signal: AbortSignal): Promise<void> {
    const { keeper, live } = this.#deps;
    if (change.kind === 'servers') return live.change(change.backends, signal);
    if (change.kind === 'write file') return this.#writeServers();
    if ('certificate' in change || change.kind === 'remove certificate') return this.#certificates.apply(change);
    if (change.kind === 'stop') {
      live.forget();
      this.#inForce = null;
      return keeper.stop();
    }
    const { accepted } = this.#deps.candidates;
    // A newer table was accepted meanwhile: the next pass takes it.
    if (accepted === null || accepted.config.structure !== change.structure) return;
    await (change.kind === 'start' ? this.#start(accepted, signal) : this.#reload(accepted, signal));
    await this.#removeOldFiles(accepted.config);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { live, keeper, log, candidates } = this.#deps;
    try {
      if (await live.look(signal)) return;
    } catch (error) {
      if (!(error instanceof HaproxySilentError)) throw error;
      log.warn({}, 'the HAProxy of the load balancer does not reply: starting it again');
      keeper.keep();
      await keeper.replace();
    }
    // Another program has a port: HAProxy cannot start with this file.
    if (!/cannot bind/i.test(keeper.problem()?.what ?? '')) return;
    await keeper.stop();
    candidates.retryPorts();
  }

  async #start(accepted: Accepted, signal: AbortSignal): Promise<void> {
    const { keeper, live } = this.#deps;
    await this.#write(accepted);
    keeper.keep();
    if (!(await live.waitFor(accepted.config.structure, TAKE_OVER_MS, signal)))
      throw new Error('HAProxy does not start');
    this.#inForce = accepted;
  }

  async #reload(accepted: Accepted, signal: AbortSignal): Promise<void> {
    const { live, clock, log, candidates } = this.#deps;
    const { files } = this.#settings;
    const before = await readFile(files.config, 'utf8').catch(() => null);
    const structureBefore = this.#fileStructure;
    await this.#write(accepted);
    this.#reloadedMs = clock.monotonic();
    live.reload();
    if (await live.waitFor(accepted.config.structure, TAKE_OVER_MS, signal)) {
      this.#inForce = accepted;
      this.#counts = { ...this.#counts, reloads: this.#counts.reloads + 1, lastReloadAtMs: clock.now() };
      log.info({ structure: accepted.config.structure }, 'load balancer reloaded');
      return;
    }
    this.#counts = { ...this.#counts, reloadFailures: this.#counts.reloadFailures + 1 };
    if (before !== null) await writeFileAtomic(files.config, before, { mode: 0o600 });
    this.#fileStructure = structureBefore;
    candidates.retryPorts();
    throw new Error('HAProxy does not take over the new configuration');
  }

  /** Writes the configuration, with the newest servers if the table has the same structure. */
  async #write(accepted: Accepted): Promise<void> {
    const { files } = this.#settings;
    const table = this.#table ?? accepted.table;
    const newest = await this.#deps.candidates.render(table, accepted.leftOut);
    const isSame = newest.structure === accepted.config.structure;
    const config = isSame ? newest : accepted.config;
    await writeParts(files, config);
    await writeFileAtomic(files.config, config.files.get('haproxy.cfg') ?? '', { mode: 0o600 });
    this.#fileStructure = config.structure;
    this.#written = isSame ? table : accepted.table;
  }

  async #writeServers(): Promise<void> {
    if (this.#inForce !== null) await this.#write(this.#inForce);
    // Tables can differ without a difference for HAProxy.
    this.#written = this.#table;
  }

  async #removeOldFiles({ files }: RenderedConfig): Promise<void> {
    const { directory } = this.#settings.files;
    const folders = new Set(['maps', 'errors', 'lists']);
    for (const folder of folders) {
      const names = await readdir(join(directory, folder)).catch(() => []);
      for (const name of names)
        if (!files.has(`${folder}/${name}`)) await rm(join(directory, folder, name), { force: true });
    }
  }

  #structure(): string | null {
    const { accepted } = this.#deps.candidates;
    return accepted === null || (this.#table !== null && isIdle(this.#table)) ? null : accepted.config.structure;
  }
}
