import { join } from 'node:path';
import { checkInstalled, type InstalledHaproxy } from '../../haproxy/index.ts';
import type { Problem } from '../../model/index.ts';
import {
  type Clock,
  CommandError,
  createWakeUp,
  type Log,
  type RunCommand,
  writeFileAtomic,
} from '../../system/index.ts';
import type { Certificate } from '../certificates/index.ts';
import type { RenderConfig, RenderedConfig } from '../render/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { LbTable } from '../table/table.ts';
import { findRefused } from './find-refused.ts';
import { lackingProblems } from './lacking.ts';
import type { LbFiles } from './lb-files.ts';
import { type LeftOut, partOf, refusalText, refusedProblem, takenProblem, withoutParts } from './leave-out.ts';
import { parseRefusals, type Refusal } from './parse-replies.ts';
import { bindRefusal, hasIpv6, takenPorts } from './ports.ts';
import { isReachable } from './reachable.ts';
import { sameStructure } from './same-structure.ts';

/** A table that HAProxy takes, except for what was left out of it. */
export interface Accepted {
  /** With the parts that were left out. */
  readonly table: LbTable;
  readonly leftOut: readonly LeftOut[];
  readonly config: RenderedConfig;
  readonly problems: readonly RuleProblem[];
}

export interface CandidatesDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
  readonly render: RenderConfig;
  readonly certificates: () => ReadonlyMap<string, Certificate>;
  /** The ports that the running HAProxy listens on, and its structure. */
  readonly inForce: () => { readonly structure: string | null; readonly ports: ReadonlySet<number> };
  /** Called when `accepted`, or a problem, is another one. */
  readonly onChange: () => void;
}

export interface CandidatesSettings {
  readonly files: LbFiles;
  readonly command: string;
  readonly oldConnectionsMs: number;
  /** Where the operator puts certificates. */
  readonly certificates: string;
}

/** How often ports that another program has are tried again, and how often HAProxy is looked for. */
const RETRY_MS = 2_000;
const CHECK_TIMEOUT_MS = 30_000;
const NEEDED_FOR = { purpose: 'load balancer', loss: 'no service is published on this host', needs: ['tls'] } as const;

interface Input {
  readonly table: LbTable;
  readonly certificates: ReadonlyMap<string, Certificate>;
}

/** Finds, for each new structure of the table, the configuration that HAProxy takes. Endpoints are no part of it. */
export class Candidates {
  readonly #deps;
  readonly #settings;
  readonly #wakeUp;
  readonly #ipv6 = hasIpv6();
  #reachable = false;
  #wanted: Input | null = null;
  #done: Input | null = null;
  #accepted: Accepted | null = null;
  #installed: InstalledHaproxy | null = null;
  #problem: Problem | null = null;
  /** Ports that were left out because another program has them. */
  #taken: ReadonlyMap<number, string> = new Map();
  #retryPorts = false;

  constructor(deps: CandidatesDependencies, settings: CandidatesSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#wakeUp = createWakeUp(deps.clock);
  }

  /** The newest; null: none yet. */
  get accepted(): Accepted | null {
    return this.#accepted;
  }

  /** Null: not known yet. */
  get installed(): InstalledHaproxy | null {
    return this.#installed;
  }

  /** Why there is no configuration for the newest table; null: there is one, or it is being checked. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** What the newest table leaves out, and what HAProxy cannot do of it. */
  get tableProblems(): readonly Problem[] {
    if (this.#wanted === null) return [];
    const { table } = this.#wanted;
    return [...table.problems, ...(this.#installed ? lackingProblems(this.#installed, table) : [])];
  }

  /** Whether `accepted` is for the newest table. */
  get isCurrent(): boolean {
    return this.#wanted !== null && isSame(this.#wanted, this.#done);
  }

  /** Sets the table to find a configuration for. Never waits. */
  follow(table: LbTable): void {
    const wanted = { table, certificates: this.#deps.certificates() };
    const before = this.#wanted;
    this.#wanted = wanted;
    if (!isSame(wanted, before)) this.#wakeUp.wake();
  }

  /** Tries all ports again: HAProxy could not open one of them. */
  retryPorts(): void {
    this.#retryPorts = true;
    this.#wakeUp.wake();
  }

  /** Whether `accepted` may change soon, because the ports are tried again. */
  get isRetrying(): boolean {
    return this.#retryPorts;
  }

  /** Renders a table with the same parts left out. */
  render(table: LbTable, leftOut: readonly LeftOut[]): Promise<RenderedConfig> {
    return this.#render(withoutParts(table, leftOut));
  }

  /** Works until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#reachable = await isReachable(this.#settings.files.directory);
    while (!signal.aborted) {
      const isSettled = this.#problem === null && this.#taken.size === 0;
      await this.#wakeUp.wait(isSettled ? null : RETRY_MS, signal);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === null || !(await this.#isInstalled(wanted.table))) return;
    const taken = await this.#takenPorts(wanted.table);
    const isAsBefore = taken.size === this.#taken.size && taken.keys().every((port) => this.#taken.has(port));
    if (isAsBefore && this.#accepted !== null && isSame(wanted, this.#done)) {
      this.#retryPorts = false;
      return;
    }
    try {
      this.#accepted = await this.#accept(wanted.table, taken);
      this.#done = wanted;
      this.#taken = taken;
      this.#set(null);
    } catch (error) {
      this.#done = null;
      const what = `stays as it is, because there is no new configuration: ${(error as Error).message}`;
      this.#set({ subject: 'load balancer', what, hint: 'fix the cause; Drover tries again every 2 s' });
    } finally {
      this.#retryPorts = false;
    }
    this.#deps.onChange();
  }

  async #isInstalled({ listeners }: LbTable): Promise<boolean> {
    if (this.#installed !== null) return true;
    if (listeners.length === 0 && this.#deps.inForce().structure === null) return false;
    const installed = await checkInstalled(this.#deps.run, [this.#settings.command], NEEDED_FOR);
    if (installed.ok) this.#installed = installed.value;
    this.#set(installed.ok ? null : installed.problem);
    if (!installed.ok) this.#deps.onChange();
    return installed.ok;
  }

  #set(problem: Problem | null): void {
    if (problem !== null && problem.what !== this.#problem?.what) this.#deps.log.error({ problem }, 'load balancer');
    this.#problem = problem;
  }

  /** Ports of the table that another program has, or that may not be opened, with the reason. */
  async #takenPorts({ listeners }: LbTable): Promise<ReadonlyMap<number, string>> {
    const { ports } = this.#deps.inForce();
    return takenPorts(listeners.map(({ port }) => port).filter((port) => !ports.has(port)));
  }

  async #accept(table: LbTable, taken: ReadonlyMap<number, string>): Promise<Accepted> {
    const leftOut: LeftOut[] = [];
    const problems: RuleProblem[] = [];
    for (const { port, balancers } of table.listeners) {
      const reason = taken.get(port);
      if (reason === undefined) continue;
      const part = { kind: 'listener', port, balancers } as const;
      leftOut.push(part);
      problems.push(takenProblem(part, reason));
    }
    for (;;) {
      const rest = withoutParts(table, leftOut);
      const config = await this.#render(rest);
      const refused = await this.#refusedParts(rest, config);
      if (refused.size === 0) {
        for (const problem of problems) this.#deps.log.warn({ problem }, 'left out of the load balancer');
        return { table, leftOut, config, problems: [...config.problems, ...problems] };
      }
      for (const [part, refusal] of refused) {
        leftOut.push(part);
        problems.push(refusedProblem(part, refusal));
      }
    }
  }

  /** With the texts for `refusedProblem`. Empty: HAProxy takes it. */
  async #refusedParts(table: LbTable, config: RenderedConfig): Promise<ReadonlyMap<LeftOut, string>> {
    const refusals = await this.#check(config);
    const parts = new Map<string, readonly [LeftOut, string]>();
    const lines = config.files.get('haproxy.cfg')?.split('\n') ?? [];
    for (const { line, message } of refusals) {
      if (line === null) continue;
      const owner = config.ownerOf(line);
      const part = partOf(owner, table);
      const own = owner.kind === 'custom' ? (lines[line - 1]?.trim() ?? null) : null;
      if (part !== null && !parts.has(JSON.stringify(part)))
        parts.set(JSON.stringify(part), [part, refusalText(message, own)]);
    }
    if (refusals.length === 0) return this.#takenByOthers(config);
    if (parts.size > 0) return new Map(parts.values());
    const message = refusals.map((one) => one.message).join('; ');
    const found = await findRefused(table, async (some) => (await this.#check(await this.#render(some))).length === 0);
    if (found.length === 0) throw new Error(message);
    return new Map(found.map((part) => [part, refusalText(message, null)]));
  }

  /** Own text with an address that cannot be opened, which HAProxy would find out after it has taken the configuration. */
  async #takenByOthers({ ownBound }: RenderedConfig): Promise<ReadonlyMap<LeftOut, string>> {
    const { ports } = this.#deps.inForce();
    const refusals = await Promise.all(
      ownBound
        .filter(({ port }) => !ports.has(port))
        .map(async ({ balancer, host, port }) => ({ balancer, port, code: await bindRefusal(port, host) })),
    );
    const refused = refusals.filter(({ code }) => code !== null);
    return new Map(
      [...new Set(refused.map(({ balancer }) => balancer))].map((balancer) => {
        const ports = refused.filter((one) => one.balancer === balancer).map(({ port, code }) => `${port} (${code})`);
        return [{ kind: 'custom', balancer }, `cannot listen on port ${ports.join(', ')}`];
      }),
    );
  }

  #render(table: LbTable): Promise<RenderedConfig> {
    const { files, oldConnectionsMs, certificates: certificateDirectory } = this.#settings;
    return this.#deps.render(table, {
      directory: files.directory,
      certificates: this.#deps.certificates(),
      certificateDirectory,
      ipv6: this.#ipv6,
      gzip: !this.#installed?.lacks.includes('compression'),
      oldConnectionsMs,
      reachable: this.#reachable,
    });
  }

  /** What HAProxy refuses. What runs already is good. */
  async #check(config: RenderedConfig): Promise<readonly Refusal[]> {
    const { files, command } = this.#settings;
    if (config.structure === this.#accepted?.config.structure) return [];
    if (config.structure === this.#deps.inForce().structure) return [];
    await writeParts(files, config);
    await writeFileAtomic(files.candidate, config.files.get('haproxy.cfg') ?? '', { mode: 0o600 });
    try {
      await this.#deps.run(command, ['-c', '-f', files.candidate], { timeoutMs: CHECK_TIMEOUT_MS });
      return [];
    } catch (error) {
      const text = error instanceof CommandError ? error.stderr : '';
      const refusals = parseRefusals(text);
      return refusals.length > 0 ? refusals : [{ line: null, message: (error as Error).message }];
    }
  }
}

function isSame(a: Input, b: Input | null): boolean {
  return b !== null && a.certificates === b.certificates && sameStructure(a.table, b.table);
}

/** Writes the files that the configuration names. Their names have a hash of the content, so none is in use with another content. */
export async function writeParts({ directory }: LbFiles, { files }: RenderedConfig): Promise<void> {
  for (const [name, text] of files) {
    if (name !== 'haproxy.cfg') await writeFileAtomic(join(directory, name), text, { mode: 0o600 });
  }
}
