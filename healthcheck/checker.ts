import type Docker from 'dockerode';
import type { Problem } from '../model/index.ts';
import { CommandProber } from './exec/command-prober.ts';
import { createCommandRunner } from './exec/run-command.ts';
import { HaproxyProber, type HaproxyStatus } from './haproxy/haproxy-prober.ts';
import type { HaproxySettings, KeptHaproxyDependencies } from './haproxy/kept-haproxy.ts';
import { type OpinionSettings, Opinions, type VoteChanges } from './opinion/opinions.ts';
import type { Opinion, Target } from './opinion/target.ts';
import type { TrackerEvent } from './opinion/tracker.ts';

export interface CheckerDependencies extends KeptHaproxyDependencies {
  /** Of this host. */
  readonly docker: Pick<Docker, 'getContainer' | 'getExec'>;
}

export interface CheckerSettings extends OpinionSettings, HaproxySettings {}

/** `able` is about the checks that HAProxy makes. */
export interface CheckerStatus extends HaproxyStatus {
  /** Most targets have failed at once: this host does not vote about those. */
  readonly suspended: boolean;
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

/** Two probers give results: HAProxy, and commands in containers. Their results count alike. */
export function createChecker(deps: CheckerDependencies, settings: CheckerSettings): Checker {
  const opinions = new Opinions(deps, settings);
  const take = (containerId: string, event: TrackerEvent) => opinions.take(containerId, event);
  const stateOf = (containerId: string) => opinions.entry(containerId)?.tracked.state ?? 'unknown';
  const haproxy = new HaproxyProber({ ...deps, take, stateOf }, settings);
  const commands = new CommandProber({ ...deps, commands: createCommandRunner(deps.docker), take });
  return {
    setTargets: (targets) => {
      const [withCommand, others] = [targets.filter(hasCommand), targets.filter((target) => !hasCommand(target))];
      opinions.setTargets(new Map([...haproxy.setTargets(others), ...commands.setTargets(withCommand)]));
    },
    votes: () => opinions.votes,
    isWithheld: (containerId) => opinions.isWithheld(containerId),
    onVotes: (listener) => opinions.onVotes(listener),
    status: () => ({
      ...haproxy.status(),
      suspended: opinions.suspended,
      problems: [...haproxy.problems(), ...commands.problems()],
    }),
    counts: () => opinions.counts(),
    run: async (signal) => {
      await Promise.all([haproxy.run(signal), commands.run(signal)]);
      opinions.close();
    },
  };
}

function hasCommand({ check }: Target): boolean {
  return check.exec !== null;
}
