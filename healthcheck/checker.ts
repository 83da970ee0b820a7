import type { Problem } from '../model/index.ts';
import { createWakeUp } from '../system/index.ts';
import { type HaproxySettings, KeptHaproxy, type KeptHaproxyDependencies } from './haproxy/kept-haproxy.ts';
import { runSession, type SessionDependencies } from './haproxy/session.ts';
import { type OpinionSettings, Opinions, type VoteChanges } from './opinion/opinions.ts';
import type { Opinion, Target } from './opinion/target.ts';
import { Servers } from './servers.ts';

export type CheckerDependencies = KeptHaproxyDependencies;

export interface CheckerSettings extends OpinionSettings, HaproxySettings {}

export interface CheckerStatus {
  /** `idle`: there has been nothing to check. `connected`: HAProxy runs and follows. */
  readonly state: 'idle' | 'starting' | 'connected';
  /** False: HAProxy is not installed, or does not run for a while: its results are too old to count. */
  readonly able: boolean;
  /** Most targets have failed at once: this host does not vote about those. */
  readonly suspended: boolean;
  /** How often HAProxy was started again for a new kind of check. */
  readonly restarts: number;
  readonly problems: readonly Problem[];
}

/** How many targets have each result, and how many count as down only because they flapped. */
export interface CheckerCounts {
  readonly targets: { readonly up: number; readonly down: number; readonly waiting: number };
  readonly held: number;
}

/** Checks containers from this host. */
export interface Checker {
  /** Replaces the targets. What has not changed costs nothing. */
  setTargets(targets: readonly Target[]): void;
  /** Opinions by container, without those that are withheld. */
  votes(): ReadonlyMap<string, Opinion>;
  /** Whether there is an opinion about the container that is not believed for now. */
  isWithheld(containerId: string): boolean;
  /** Calls `listener` with the votes that have changed. Gives the function that removes it. */
  onVotes(listener: (changes: VoteChanges) => void): () => void;
  status(): CheckerStatus;
  counts(): CheckerCounts;
  /** Works until `signal` aborts. Call once. */
  run(signal: AbortSignal): Promise<void>;
}

export function createChecker(deps: CheckerDependencies, settings: CheckerSettings): Checker {
  return new HaproxyChecker(deps, settings);
}

const RECONNECT_MS = { min: 10, max: 200 } as const;

/** How long results count while HAProxy is started again. */
const GRACE_MS = 10_000;

class HaproxyChecker implements Checker {
  readonly #deps;
  readonly #settings;
  readonly #wakeUp;
  readonly #opinions;
  readonly #haproxy;
  readonly #servers = new Servers();
  #state: CheckerStatus['state'] = 'idle';
  /** When it left the state before `starting`; monotonic. */
  #startingSinceMs = 0;

  constructor(deps: CheckerDependencies, settings: CheckerSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#wakeUp = createWakeUp(deps.clock);
    this.#opinions = new Opinions(deps, settings);
    this.#haproxy = new KeptHaproxy(deps, settings);
  }

  setTargets(targets: readonly Target[]): void {
    this.#opinions.setTargets(this.#servers.setTargets(targets));
    this.#wakeUp.wake();
  }

  votes(): ReadonlyMap<string, Opinion> {
    return this.#opinions.votes;
  }

  isWithheld(containerId: string): boolean {
    return this.#opinions.isWithheld(containerId);
  }

  onVotes(listener: (changes: VoteChanges) => void): () => void {
    return this.#opinions.onVotes(listener);
  }

  status(): CheckerStatus {
    const own = this.#state === 'starting' ? this.#haproxy.problem() : null;
    return {
      state: this.#state,
      able: own === null || this.#isInGrace(),
      suspended: this.#opinions.suspended,
      restarts: this.#haproxy.restarts,
      problems: [...(own ? [own] : []), ...this.#servers.problems()],
    };
  }

  counts(): CheckerCounts {
    return this.#opinions.counts();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (this.#servers.byName.size === 0 && !signal.aborted) await this.#wakeUp.wait(null, signal);
    this.#starting();
    const { kept } = await this.#haproxy.start(this.#servers.backends(), signal);
    let pauseMs: number = RECONNECT_MS.min;
    while (!signal.aborted) {
      const wasConnected = await this.#session(signal);
      this.#starting();
      pauseMs = wasConnected ? RECONNECT_MS.min : Math.min(RECONNECT_MS.max, pauseMs * 2);
      await this.#wakeUp.pause(pauseMs, signal);
    }
    this.#opinions.close();
    await kept;
  }

  #starting(): void {
    if (this.#state !== 'starting') this.#startingSinceMs = this.#deps.clock.monotonic();
    this.#state = 'starting';
  }

  #isInGrace(): boolean {
    const isInstalled = this.#haproxy.notInstalled === null;
    return isInstalled && this.#deps.clock.monotonic() - this.#startingSinceMs < GRACE_MS;
  }

  /** One connection to HAProxy; false when there was none. */
  async #session(signal: AbortSignal): Promise<boolean> {
    try {
      const end = await runSession(this.#sessionDependencies(), signal);
      if (end.kind === 'restart') await this.#haproxy.restart(end.backends, this.#servers.longestCheckMs());
      if (end.kind === 'silent') await this.#haproxy.replaceSilent();
    } catch (error) {
      if (this.#state !== 'connected') return false;
      this.#deps.log.warn({ err: error }, 'lost the connection to the HAProxy of the health checks');
    }
    return true;
  }

  #sessionDependencies(): SessionDependencies {
    const { clock, log } = this.#deps;
    const opinions = this.#opinions;
    const servers = this.#servers;
    return {
      clock,
      files: this.#settings.files,
      wakeUp: this.#wakeUp,
      servers: () => servers.byName,
      restartInMs: () => this.#haproxy.restartInMs(servers.longestCheckMs()),
      stateOf: (name) => opinions.entry(servers.containerOf(name))?.tracked.state ?? 'unknown',
      take: (name, event) => opinions.take(servers.containerOf(name), event),
      onConnected: () => {
        this.#state = 'connected';
      },
      onRefused: (refused) => servers.setRefused(refused, log),
    };
  }
}
