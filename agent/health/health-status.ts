import type { Checker, CheckerCounts, CheckerStatus } from '../../healthcheck/index.ts';
import { HEALTH_STATUS, type Problem } from '../../model/index.ts';
import type { ReportedStatus } from '../parts/component-status.ts';
import type { VerdictCounts } from './verdict-log.ts';

/** The health checks of this host. */
export interface HealthStatus extends Omit<CheckerStatus, 'problems'>, CheckerCounts {
  /** How often containers of this host have changed to each health since the agent started. */
  readonly changes: Readonly<Record<string, number>>;
}

export function healthStatus(checker: Pick<Checker, 'status' | 'counts'>, changes: VerdictCounts): HealthStatus {
  const { problems: _, ...status } = checker.status();
  return { ...status, ...checker.counts(), changes: Object.fromEntries(changes) };
}

/** What is wrong with the checks of this host, most severe first. */
export function healthProblems({ suspended, problems }: CheckerStatus): readonly Problem[] {
  return suspended ? [SUSPENDED, ...problems] : problems;
}

const SUSPENDED: Problem = {
  subject: 'health checks',
  what: 'most checks of this host failed at once, so it does not vote about the containers that it lost',
  hint: 'check the network and the load of this host; other hosts decide meanwhile, and losses of its own containers count after 30 s',
};

/** For the other hosts: why this one does not vote. Faults of single checks are no reason. */
export function voterStatus(status: CheckerStatus): ReportedStatus {
  const silent = status.suspended || !status.able;
  return { name: HEALTH_STATUS, lastError: null, problems: silent ? healthProblems(status).slice(0, 1) : [], held: [] };
}
