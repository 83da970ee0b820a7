import type { Problem } from '../../model/index.ts';
import { createWakeUp } from '../../system/index.ts';
import type { Prober, TakeResult } from '../opinion/prober.ts';
import type { Target } from '../opinion/target.ts';
import type { Tracked } from '../opinion/tracker.ts';
import { type HaproxySettings, KeptHaproxy, type KeptHaproxyDependencies } from './kept-haproxy.ts';
import { Servers } from './servers.ts';
import { runSession, type SessionDependencies } from './session.ts';

export interface HaproxyProberDependencies extends KeptHaproxyDependencies {
  readonly take: TakeResult;
  /** What the checks of a container say until now. */
  readonly stateOf: (containerId: string) => Tracked['state'];
}

export interface HaproxyStatus {
  /** `idle`: there has been nothing to check. `connected`: HAProxy runs and follows. */
  readonly state: 'idle' | 'starting' | 'connected';
  /** False: HAProxy is not installed, or does not run for a while: its results are too old to count. */
  readonly able: boolean;
  /** How often HAProxy was started again for a new kind of check. */
  readonly restarts: number;
}

const RECONNECT_MS = { min: 10, max: 200 } as const;

/** How long results count while HAProxy is started again. */
const GRACE_MS = 10_000;

/** Checks containers with TCP connects and HTTP requests. */
export class HaproxyProber implements Prober {
  readonly #deps;
  readonly #settings;
  readonly #wakeUp;
  readonly #haproxy;
  readonly #servers = new Servers();
  #state: HaproxyStatus['state'] = 'idle';
  /** When it left the state before `starting`; monotonic. */
  #startingSinceMs = 0;

  constructor(deps: HaproxyProberDependencies, settings: HaproxySettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#wakeUp = createWakeUp(deps.clock);
    this.#haproxy = new KeptHaproxy(deps, settings);
  }

  setTargets(targets: readonly Target[]): ReadonlyMap<string, Target> {
    const checked = this.#servers.setTargets(targets);
    this.#wakeUp.wake();
    return checked;
  }

  status(): HaproxyStatus {
    const able = this.#ownProblem() === null || this.#isInGrace();
    return { state: this.#state, able, restarts: this.#haproxy.restarts };
  }

  problems(): readonly Problem[] {
    const own = this.#ownProblem();
    return [...(own ? [own] : []), ...this.#servers.problems()];
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
    await kept;
  }

  #ownProblem(): Problem | null {
    return this.#state === 'starting' ? this.#haproxy.problem() : null;
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
    const { clock, log, take, stateOf } = this.#deps;
    const servers = this.#servers;
    return {
      clock,
      files: this.#settings.files,
      wakeUp: this.#wakeUp,
      servers: () => servers.byName,
      restartInMs: () => this.#haproxy.restartInMs(servers.longestCheckMs()),
      stateOf: (name) => stateOf(servers.containerOf(name)),
      take: (name, event) => take(servers.containerOf(name), event),
      onConnected: () => {
        this.#state = 'connected';
      },
      onRefused: (refused) => servers.setRefused(refused, log),
    };
  }
}
