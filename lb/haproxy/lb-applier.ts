import { readFile } from 'node:fs/promises';
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
import { removeOldFiles } from './old-files.ts';
import { type Change, createPlan, type Desired, format, isIdle, type Observed } from './plan.ts';
import { type Configurations, RunTimeRules } from './run-time-rules.ts';
import type { StatRow } from './stat.ts';

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
/** After a reload that failed, unless the newest configuration is another one. */
const RELOAD_AGAIN_MS = 15_000;
/** Endpoint changes that follow each other are written together. */
const WRITE_AFTER_MS = 1_000;
/** A table that changes all the time is written this often. */
const WRITE_AGAIN_MS = 10_000;
const TAKE_OVER_MS = 5_000;

/** A reload that HAProxy has not finished. */
interface Pending {
  readonly accepted: Accepted;
  /** The worker and the file before. */
  readonly pid: number | null;
  readonly text: string;
  readonly structure: string | null;
}

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
  readonly #rules;
  #table: LbTable | null = null;
  /** The newest with the structure of the running HAProxy; null: none is known. */
  #inForce: Accepted | null = null;
  /** The table whose servers and rules the file has. */
  #written: LbTable | null = null;
  #fileStructure: string | null = null;
  #changedMs = Number.NEGATIVE_INFINITY;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #reloadedMs = Number.NEGATIVE_INFINITY;
  #pending: Pending | null = null;
  #isOurs = false;
  #failure: { readonly structure: string; readonly problem: Problem } | null = null;
  #counts: ReloadCounts = { reloads: 0, reloadFailures: 0, lastReloadAtMs: null };

  constructor(deps: LbApplierDependencies, settings: LbApplierSettings) {
    this.#deps = deps;
    this.#settings = settings;
    const ask = (commands: string) => deps.live.ask(commands, new AbortController().signal);
    this.#certificates = new RunningCertificates({ ask }, settings.files.certificates);
    this.#rules = new RunTimeRules({ clock: deps.clock, ask });
  }

  readonly applier: Applier<Desired, Observed, Change> = {
    observe: (desired, signal) => this.#observe(desired, signal),
    plan: createPlan((config, maps) => this.#rules.place(config, maps)),
    apply: (change, signal) => this.#apply(change, signal),
    format,
    chained: true,
  };

  get counts(): ReloadCounts {
    return this.#counts;
  }

  /** Whether HAProxy has a structure that this agent knows, so that its servers were compared with the table. */
  get isOurs(): boolean {
    return this.#isOurs && this.#pending === null;
  }

  /** Whether HAProxy has the newest rules. */
  get hasRules(): boolean {
    return this.#rules.areInForce(this.#configs);
  }

  /** Statistics by backend. */
  backendRows(rows: readonly StatRow[]): readonly StatRow[] {
    return this.#rules.backendRows(rows, this.#configs);
  }

  /** How soon to look again. */
  readonly intervalMs = (): number => {
    const { live, keeper } = this.#deps;
    if (this.#pending !== null) return 10;
    if (keeper.isKept && live.worker === null) return 50;
    if (live.hasOut || live.generations > 1) return 100;
    const isBehind = this.#written !== this.#table || this.#structure() !== live.worker?.structure || !this.hasRules;
    return keeper.isKept && isBehind ? 200 : 2_000;
  };

  async #observe({ table, config, certificates }: Desired, signal: AbortSignal): Promise<Observed> {
    const { live, keeper, candidates, clock, problems } = this.#deps;
    if (this.#table !== table) this.#changedMs = clock.monotonic();
    this.#table = table;
    await this.#look(signal);
    await this.#followReload();
    const { worker } = live;
    if (worker !== null) keeper.keep();
    candidates.follow(table);
    const { accepted } = candidates;
    if (accepted?.config.structure !== this.#failure?.structure) this.#failure = null;
    if (worker !== null && accepted?.config.structure === worker.structure) this.#inForce = accepted;
    const isOurs = worker !== null && this.#inForce?.config.structure === worker.structure;
    const maps = worker && (await this.#rules.observe(worker.pid));
    const loaded = worker && (await this.#certificates.observe(String(worker.pid)));
    const now = clock.monotonic();
    this.#isOurs = isOurs;
    return {
      running: worker && {
        structure: worker.structure,
        servers: live.servers,
        certificates: loaded ?? { files: new Map(), listed: null },
        config: isOurs ? this.#rules.planned(this.#configs) : null,
        maps: maps ?? new Map(),
        mayChangeRules: this.#pending === null,
        hasOld: live.generations > 1,
      },
      kept: keeper.isKept ? { structure: this.#fileStructure } : null,
      isNewest: candidates.isCurrent && accepted?.config === config,
      mayReload: this.#mayReload(now),
      mayWrite:
        isOurs &&
        this.#pending === null &&
        this.#written !== table &&
        (now - this.#changedMs >= WRITE_AFTER_MS || now - this.#writtenMs >= WRITE_AGAIN_MS),
      out: live.out(),
      nowMs: now,
      drainTimeoutMs: this.#settings.drainTimeoutMs,
      problems: [
        ...(this.#failure ? [this.#failure.problem] : []),
        ...problems(),
        ...this.#certificates.problems(certificates),
      ],
    };
  }

  #mayReload(now: number): boolean {
    const { live, candidates } = this.#deps;
    if (this.#pending !== null || candidates.isRetrying || live.generations > 1) return false;
    const hasFailed = this.#failure !== null && this.#failure.structure === candidates.accepted?.config.structure;
    return now - this.#reloadedMs >= (hasFailed ? RELOAD_AGAIN_MS : RELOAD_INTERVAL_MS);
  }

  async #apply(change: Change, signal: AbortSignal): Promise<void> {
    const { keeper, live } = this.#deps;
    if (change.kind === 'servers') return live.change(change.backends, signal);
    if (change.kind === 'maps') return this.#rules.apply(change.entries);
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
    await (change.kind === 'start' ? this.#start(accepted, signal) : this.#reload(accepted));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { live, keeper, log, candidates } = this.#deps;
    try {
      if (await live.look(this.#pending !== null, signal)) return;
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

  /** Endpoints go on changing until the new worker is there. */
  async #reload(accepted: Accepted): Promise<void> {
    const text = await readFile(this.#settings.files.config, 'utf8').catch(() => '');
    const structure = this.#fileStructure;
    await this.#write(accepted);
    this.#deps.live.reload();
    this.#reloadedMs = this.#deps.clock.monotonic();
    this.#pending = { accepted, pid: this.#deps.live.worker?.pid ?? null, text, structure };
  }

  async #followReload(): Promise<void> {
    const { live, clock, log } = this.#deps;
    if (this.#pending === null) return;
    const { accepted, pid } = this.#pending;
    if (live.worker?.structure === accepted.config.structure && live.worker.pid !== pid) {
      this.#pending = null;
      this.#failure = null;
      this.#inForce = accepted;
      // Its servers are compared in this pass.
      this.#isOurs = false;
      this.#counts = { ...this.#counts, reloads: this.#counts.reloads + 1, lastReloadAtMs: clock.now() };
      log.info({ structure: accepted.config.structure }, 'load balancer reloaded');
      await this.#removeOldFiles(accepted.config);
    } else if (clock.monotonic() - this.#reloadedMs >= TAKE_OVER_MS) await this.#undoReload(this.#pending);
  }

  /** HAProxy goes on with the configuration before, also after a restart. */
  async #undoReload({ accepted, text, structure }: Pending): Promise<void> {
    const { files } = this.#settings;
    await writeFileAtomic(files.config, text, { mode: 0o600 });
    this.#fileStructure = structure;
    this.#pending = null;
    this.#counts = { ...this.#counts, reloadFailures: this.#counts.reloadFailures + 1 };
    this.#failure = { structure: accepted.config.structure, problem: await this.#reloadProblem() };
    this.#deps.candidates.retryPorts();
  }

  async #reloadProblem(): Promise<Problem> {
    const subject = 'load balancer';
    const pid = await this.#deps.live.silentMaster();
    // Its worker carries traffic, so it is not replaced.
    if (pid !== null) {
      const what = `HAProxy's process ${pid} does not react to the reload, and its worker goes on with the configuration before`;
      return { subject, what, hint: `continue it if it is stopped: \`kill -CONT ${pid}\`; Drover tries again` };
    }
    const what = 'HAProxy has not taken over the newest configuration, and goes on with the one before';
    const hint = `no action needed, Drover tries again; if this persists, see ${this.#settings.files.directory}.log`;
    return { subject, what, hint };
  }

  /** Writes the configuration, with the newest servers and rules if the table has the same structure. */
  async #write(accepted: Accepted): Promise<RenderedConfig> {
    const { files } = this.#settings;
    const table = this.#table ?? accepted.table;
    const newest = await this.#deps.candidates.render(table, accepted.leftOut);
    const isSame = newest.structure === accepted.config.structure;
    const config = isSame ? newest : accepted.config;
    await writeParts(files, config);
    await writeFileAtomic(files.config, config.files.get('haproxy.cfg') ?? '', { mode: 0o600 });
    this.#fileStructure = config.structure;
    this.#writtenMs = this.#deps.clock.monotonic();
    this.#written = isSame ? table : accepted.table;
    return config;
  }

  async #writeServers(): Promise<void> {
    if (this.#inForce !== null) await this.#removeOldFiles(await this.#write(this.#inForce));
    // Tables can differ without a difference for HAProxy.
    this.#written = this.#table;
  }

  #removeOldFiles(config: RenderedConfig): Promise<void> {
    return removeOldFiles(this.#settings.files, config, this.#deps.clock.now());
  }

  get #configs(): Configurations {
    return { accepted: this.#deps.candidates.accepted, inForce: this.#inForce };
  }

  #structure(): string | null {
    const { accepted } = this.#deps.candidates;
    return accepted === null || (this.#table !== null && isIdle(this.#table)) ? null : accepted.config.structure;
  }
}
