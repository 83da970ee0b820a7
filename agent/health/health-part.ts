import type { FactsPart } from '../../facts/index.ts';
import {
  type Checker,
  createChecker,
  createTargetFollower,
  createVotes,
  type HaproxyProcess,
  haproxyFiles,
  type Target,
  type VoteContext,
} from '../../healthcheck/index.ts';
import type { StateStore } from '../../state/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import { healthProblems } from './health-status.ts';

export interface HealthSources {
  readonly hostId: string;
  readonly store: Pick<StateStore, 'subscribe'>;
  readonly view: () => HostView;
  /** The facts below `VOTE_PREFIX`. */
  readonly facts: FactsPart;
  readonly haproxy: HaproxyProcess;
  /** Gets the checker at each start of the part. */
  readonly onChecker: (checker: Checker) => void;
}

const REPORT_INTERVAL_MS = 1_000;

/** Checks the targets of this host, and votes. */
export function healthPart(
  { clock, log, run }: Pick<AgentDependencies, 'clock' | 'log' | 'run'>,
  { hostId, store, view, facts, haproxy, onChecker }: HealthSources,
  { health, runDir }: Pick<Config, 'health' | 'runDir'>,
): Part {
  return async (signal, report) => {
    const votes = createVotes(facts);
    const checker = createChecker(
      { clock, log, runCommand: run, haproxy },
      { command: [health.haproxy], files: haproxyFiles(runDir), recall: votes.recall },
    );
    onChecker(checker);
    const publisher = createPublisher({ votes, checker, hostId, checksSinceMs: clock.now() });
    const targetsOf = createTargetFollower();
    const unsubscribe = [
      store.subscribe(() => publisher.setTargets(targetsOf(view()))),
      checker.onVotes((changes) => publisher.update(changes.keys())),
    ];
    try {
      publisher.setTargets(targetsOf(view()));
      const life = checker.run(signal);
      while (!signal.aborted) {
        await Promise.race([life, clock.sleep(REPORT_INTERVAL_MS, signal).catch(() => {})]);
        publisher.follow();
        const problems = healthProblems(checker.status());
        if (problems.length > 0) report.problems(problems);
        else report.done();
      }
      await life;
    } finally {
      for (const end of unsubscribe) end();
    }
  };
}

interface PublisherContext extends Pick<VoteContext, 'hostId' | 'checksSinceMs'> {
  readonly votes: ReturnType<typeof createVotes>;
  readonly checker: Checker;
}

/** Publishes the opinions of the checker. A host that cannot check, or that fails itself, has no votes. */
function createPublisher({ votes, checker, hostId, checksSinceMs }: PublisherContext) {
  let targets: readonly Target[] = [];
  let byContainer: ReadonlyMap<string, Target> = new Map();
  let isVoting = true;
  const context: VoteContext = {
    hostId,
    checksSinceMs,
    opinionOf: ({ containerId, startedAtMs }) => {
      const opinion = checker.votes().get(containerId);
      return opinion?.startedAtMs === startedAtMs ? opinion : null;
    },
  };
  const votesNow = (): boolean => {
    const { able, suspended } = checker.status();
    return able && !suspended;
  };
  const publish = (): void => votes.replace(isVoting ? targets : [], context);
  return {
    setTargets: (newest: readonly Target[]): void => {
      if (newest === targets) return;
      targets = newest;
      byContainer = new Map(newest.map((target) => [target.containerId, target]));
      checker.setTargets(newest);
      publish();
    },
    update: (ids: Iterable<string>): void => {
      follow();
      if (!isVoting) return;
      const changed = [...ids].flatMap((id) => byContainer.get(id) ?? []);
      votes.update(changed, context);
    },
    /** Begins to vote, or ends it. */
    follow,
  };

  function follow(): void {
    if (votesNow() === isVoting) return;
    isVoting = !isVoting;
    publish();
  }
}
