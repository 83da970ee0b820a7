import type Docker from 'dockerode';
import type { FactsPart } from '../../facts/index.ts';
import {
  type Checker,
  createChecker,
  createReserve,
  createTargetFollower,
  createVoteFollower,
  createVotes,
  type HaproxyProcess,
  haproxyFiles,
  type Target,
} from '../../healthcheck/index.ts';
import { type Vote, voteSubject, votesOf } from '../../model/index.ts';
import type { StateStore } from '../../state/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import { healthProblems } from './health-status.ts';
import { createVotePublisher } from './vote-publisher.ts';

export interface HealthSources {
  readonly hostId: string;
  readonly store: Pick<StateStore, 'subscribe'>;
  readonly view: () => HostView;
  /** The facts below `VOTE_PREFIX`. */
  readonly facts: FactsPart;
  readonly haproxy: HaproxyProcess;
  readonly docker: Docker;
  /** Gets the checker at each start of the part. */
  readonly onChecker: (checker: Checker) => void;
}

const REPORT_INTERVAL_MS = 1_000;

/** Checks the targets of this host, and votes. */
export function healthPart(
  { clock, log, run }: Pick<AgentDependencies, 'clock' | 'log' | 'run'>,
  { hostId, store, view, facts, haproxy, docker, onChecker }: HealthSources,
  { health, runDir }: Pick<Config, 'health' | 'runDir'>,
): Part {
  return async (signal, report) => {
    const votes = createVotes(facts);
    const checker = createChecker(
      { clock, log, runCommand: run, haproxy, docker },
      { command: [health.haproxy], files: haproxyFiles(runDir), hostId, recall: votes.recall },
    );
    onChecker(checker);
    const reserve = createReserve(clock, (id) => publisher.update([id]));
    const others = (target: Target) => votesOn(target, view());
    const publisher = createVotePublisher({ votes, checker, hostId, checksSinceMs: clock.now(), reserve, others });
    const targetsOf = createTargetFollower();
    const votedOn = createVoteFollower();
    const unsubscribe = [
      store.subscribe(() => {
        const newest = view();
        publisher.setTargets(targetsOf(newest));
        publisher.othersVoted(votedOn(newest));
      }),
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
      reserve.close();
    }
  };
}

/** The votes of the hosts that always vote about a target. */
function votesOn({ voters, hostId, containerId }: Target, { snapshot }: HostView): readonly Vote[] {
  const subject = voteSubject({ hostId, id: containerId });
  return voters.flatMap((id) => {
    const state = snapshot.hosts.get(id);
    return (state && votesOf(state).get(subject)) ?? [];
  });
}
