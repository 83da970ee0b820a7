import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Problem } from '../model/index.ts';
import { type Clock, createWakeUp, type Log, type RunCommand, writeFileAtomic } from '../system/index.ts';
import type { Backend } from './haproxy/backend.ts';
import { checkInstalled } from './haproxy/installed.ts';
import { type HaproxyFiles, renderConfig } from './haproxy/render-config.ts';
import { afterRestart, NO_RESTARTS, nextRestartMs } from './haproxy/restart-pacing.ts';
import { runSession, type SessionDependencies } from './haproxy/session.ts';
import { type OpinionSettings, Opinions, type VoteChanges } from './opinion/opinions.ts';
import type { Opinion, Target } from './opinion/target.ts';
import { Servers } from './servers.ts';

/** The process that runs the checks: `haproxyCommand`, kept running. */
export interface HaproxyProcess {
  /** Keeps it running until `signal` aborts. Called once, when the configuration exists. */
  run(signal: AbortSignal): Promise<void>;
  /** Stops it, if it runs; `run` starts it again at once. */
  restart(): Promise<void>;
  /** How it exited the last time without being stopped. */
  lastEnd(): Problem | null;
}

export interface CheckerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly runCommand: RunCommand;
  readonly haproxy: HaproxyProcess;
}

export interface CheckerSettings extends OpinionSettings {
  /** How HAProxy is called: `['haproxy']`. */
  readonly command: readonly string[];
  readonly files: HaproxyFiles;
}

export interface CheckerStatus {
  /** `idle`: there has been nothing to check. `connected`: HAProxy runs and follows. */
  readonly state: 'idle' | 'starting' | 'connected';
  /** Most targets have failed at once: this host does not vote. */
  readonly suspended: boolean;
  readonly targets: number;
  /** How often HAProxy was started again for a new kind of check. */
  readonly restarts: number;
  readonly problems: readonly Problem[];
}

/** Checks containers from this host. */
export interface Checker {
  /** Replaces the targets. A target that is the identical object costs nothing. */
  setTargets(targets: readonly Target[]): void;
  votes(): ReadonlyMap<string, Opinion>;
  /** Calls `listener` with the votes that have changed. Gives the function that removes it. */
  onVotes(listener: (changes: VoteChanges) => void): () => void;
  /** The last result that HAProxy has logged about a container, also if it changed no vote. */
  lastResult(containerId: string): string | null;
  status(): CheckerStatus;
  /** Works until `signal` aborts. Call once. */
  run(signal: AbortSignal): Promise<void>;
}

export function haproxyFiles(runDir: string): HaproxyFiles {
  return {
    config: join(runDir, 'health.cfg'),
    socket: join(runDir, 'health.sock'),
    map: join(runDir, 'health.map'),
  };
}

/** `-q`: HAProxy prints why it does not start, and does not print every result of a check. */
export function haproxyCommand({ command, files }: Pick<CheckerSettings, 'command' | 'files'>): readonly string[] {
  return [...command, '-q', '-db', '-f', files.config];
}

export function createChecker(deps: CheckerDependencies, settings: CheckerSettings): Checker {
  return new HaproxyChecker(deps, settings);
}

const INSTALL_CHECK_INTERVAL_MS = 5_000;
const RECONNECT_MS = { min: 10, max: 200 } as const;

class HaproxyChecker implements Checker {
  readonly #deps;
  readonly #settings;
  readonly #wakeUp;
  readonly #opinions;
  readonly #servers = new Servers();
  #state: CheckerStatus['state'] = 'idle';
  #notInstalled: Problem | null = null;
  #pacing = NO_RESTARTS;
  #restarts = 0;

  constructor(deps: CheckerDependencies, settings: CheckerSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#wakeUp = createWakeUp(deps.clock);
    this.#opinions = new Opinions(deps, settings);
  }

  setTargets(targets: readonly Target[]): void {
    this.#opinions.setTargets(this.#servers.setTargets(targets));
    this.#wakeUp.wake();
  }

  votes(): ReadonlyMap<string, Opinion> {
    return this.#opinions.votes;
  }

  onVotes(listener: (changes: VoteChanges) => void): () => void {
    return this.#opinions.onVotes(listener);
  }

  lastResult(containerId: string): string | null {
    return this.#opinions.entry(containerId)?.tracked.text || null;
  }

  status(): CheckerStatus {
    const end = this.#state === 'starting' ? this.#deps.haproxy.lastEnd() : null;
    const own = this.#notInstalled ?? end;
    return {
      state: this.#state,
      suspended: this.#opinions.suspended,
      targets: this.#servers.targetCount,
      restarts: this.#restarts,
      problems: [...(own ? [own] : []), ...this.#servers.problems()],
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (this.#servers.byName.size === 0 && !signal.aborted) await this.#wakeUp.wait(null, signal);
    this.#state = 'starting';
    await this.#untilInstalled(signal);
    if (signal.aborted) return;
    await this.#writeConfig(this.#servers.backends());
    const kept = this.#deps.haproxy.run(signal);
    let pauseMs: number = RECONNECT_MS.min;
    while (!signal.aborted) {
      const wasConnected = await this.#session(signal);
      this.#state = 'starting';
      pauseMs = wasConnected ? RECONNECT_MS.min : Math.min(RECONNECT_MS.max, pauseMs * 2);
      await this.#wakeUp.pause(pauseMs, signal);
    }
    this.#opinions.close();
    await kept;
  }

  async #untilInstalled(signal: AbortSignal): Promise<void> {
    const { runCommand, log, clock } = this.#deps;
    while (!signal.aborted) {
      const installed = await checkInstalled(runCommand, this.#settings.command);
      if (installed.ok) {
        this.#notInstalled = null;
        return;
      }
      if (this.#notInstalled === null) log.error({ problem: installed.problem }, 'health checks cannot run');
      this.#notInstalled = installed.problem;
      await clock.sleep(INSTALL_CHECK_INTERVAL_MS, signal).catch(() => {});
    }
  }

  /** One connection to HAProxy; false when there was none. */
  async #session(signal: AbortSignal): Promise<boolean> {
    const { log, haproxy } = this.#deps;
    try {
      const end = await runSession(this.#sessionDependencies(), signal);
      if (end.kind === 'restart') await this.#restart(end.backends);
      if (end.kind === 'silent') {
        log.warn({}, 'the HAProxy of the health checks does not reply: starting it again');
        await haproxy.restart();
      }
    } catch (error) {
      if (this.#state !== 'connected') return false;
      log.warn({ err: error }, 'lost the connection to the HAProxy of the health checks');
    }
    return true;
  }

  async #restart(backends: readonly Backend[]): Promise<void> {
    const { haproxy, log, clock } = this.#deps;
    this.#pacing = afterRestart(this.#pacing, this.#servers.longestCheckMs(), clock.monotonic());
    this.#restarts += 1;
    log.info({ backends: backends.map(({ name }) => name) }, 'restarting the HAProxy of the health checks');
    await this.#writeConfig(backends);
    await haproxy.restart();
  }

  async #writeConfig(backends: readonly Backend[]): Promise<void> {
    const { files } = this.#settings;
    await mkdir(dirname(files.config), { recursive: true });
    await writeFileAtomic(files.map, '', { mode: 0o600 });
    await writeFileAtomic(files.config, await renderConfig(files, backends), { mode: 0o600 });
  }

  #sessionDependencies(): SessionDependencies {
    const { clock, log } = this.#deps;
    const opinions = this.#opinions;
    const servers = this.#servers;
    return {
      clock,
      log,
      files: this.#settings.files,
      wakeUp: this.#wakeUp,
      servers: () => servers.byName,
      restartInMs: () => nextRestartMs(this.#pacing, servers.longestCheckMs()) - clock.monotonic(),
      stateOf: (name) => opinions.entry(servers.containerOf(name))?.tracked.state ?? 'unknown',
      take: (name, event) => opinions.take(servers.containerOf(name), event),
      onConnected: () => {
        this.#state = 'connected';
      },
      onRefused: (refused) => servers.setRefused(refused, log),
    };
  }
}
