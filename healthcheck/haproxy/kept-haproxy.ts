import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkInstalled } from '../../haproxy/index.ts';
import type { Problem } from '../../model/index.ts';
import { type Clock, type Log, type RunCommand, writeFileAtomic } from '../../system/index.ts';
import type { Backend } from './backend.ts';
import { type HaproxyFiles, renderConfig } from './render-config.ts';
import { afterRestart, NO_RESTARTS, nextRestartMs } from './restart-pacing.ts';

/** The process that runs the checks: `haproxyCommand`, kept running. */
export interface HaproxyProcess {
  /** Keeps it running until `signal` aborts. Called once, when the configuration exists. */
  run(signal: AbortSignal): Promise<void>;
  /** Stops it, if it runs; `run` starts it again at once. */
  restart(): Promise<void>;
  /** How it exited the last time without being stopped. */
  lastEnd(): Problem | null;
}

export interface KeptHaproxyDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly runCommand: RunCommand;
  readonly haproxy: HaproxyProcess;
}

export interface HaproxySettings {
  /** How HAProxy is called: `['haproxy']`. */
  readonly command: readonly string[];
  readonly files: HaproxyFiles;
}

export function haproxyFiles(runDir: string): HaproxyFiles {
  return {
    config: join(runDir, 'health.cfg'),
    socket: join(runDir, 'health.sock'),
    map: join(runDir, 'health.map'),
  };
}

/** `-q`: HAProxy prints why it does not start, and does not print every result of a check. */
export function haproxyCommand({ command, files }: HaproxySettings): readonly string[] {
  return [...command, '-q', '-db', '-f', files.config];
}

const INSTALL_CHECK_INTERVAL_MS = 5_000;
const NEEDED_FOR = { purpose: 'health checks', loss: 'nothing is checked from this host', needs: [] } as const;

/** HAProxy's process with its configuration. */
export class KeptHaproxy {
  readonly #deps;
  readonly #settings;
  #notInstalled: Problem | null = null;
  #pacing = NO_RESTARTS;
  #restarts = 0;

  constructor(deps: KeptHaproxyDependencies, settings: HaproxySettings) {
    this.#deps = deps;
    this.#settings = settings;
  }

  /** How often it was started again for a new kind of check. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Null: it is installed, as far as is known. */
  get notInstalled(): Problem | null {
    return this.#notInstalled;
  }

  /** Why it does not run, if it does not. */
  problem(): Problem | null {
    return this.#notInstalled ?? this.#deps.haproxy.lastEnd();
  }

  /** Waits until HAProxy is installed, and keeps it running. The process ends with `kept`. */
  async start(backends: readonly Backend[], signal: AbortSignal): Promise<{ readonly kept: Promise<void> }> {
    await this.#untilInstalled(signal);
    if (signal.aborted) return { kept: Promise.resolve() };
    await this.#writeConfig(backends);
    return { kept: this.#deps.haproxy.run(signal) };
  }

  /** After how many milliseconds it may be restarted. */
  restartInMs(longestCheckMs: number): number {
    return nextRestartMs(this.#pacing, longestCheckMs) - this.#deps.clock.monotonic();
  }

  async restart(backends: readonly Backend[], longestCheckMs: number): Promise<void> {
    const { haproxy, log, clock } = this.#deps;
    this.#pacing = afterRestart(this.#pacing, longestCheckMs, clock.monotonic());
    this.#restarts += 1;
    log.info({ backends: backends.map(({ name }) => name) }, 'restarting the HAProxy of the health checks');
    await this.#writeConfig(backends);
    await haproxy.restart();
  }

  async replaceSilent(): Promise<void> {
    const { haproxy, log } = this.#deps;
    log.warn({}, 'the HAProxy of the health checks does not reply: starting it again');
    await haproxy.restart();
  }

  async #untilInstalled(signal: AbortSignal): Promise<void> {
    const { runCommand, log, clock } = this.#deps;
    while (!signal.aborted) {
      const installed = await checkInstalled(runCommand, this.#settings.command, NEEDED_FOR);
      if (installed.ok) {
        this.#notInstalled = null;
        return;
      }
      if (this.#notInstalled === null) log.error({ problem: installed.problem }, 'health checks cannot run');
      this.#notInstalled = installed.problem;
      await clock.sleep(INSTALL_CHECK_INTERVAL_MS, signal).catch(() => {});
    }
  }

  async #writeConfig(backends: readonly Backend[]): Promise<void> {
    const { files } = this.#settings;
    await mkdir(dirname(files.config), { recursive: true });
    await writeFileAtomic(files.map, '', { mode: 0o600 });
    await writeFileAtomic(files.config, await renderConfig(files, backends), { mode: 0o600 });
  }
}
