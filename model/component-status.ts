import type { Problem } from './problem/result.ts';
import type { HostState } from './snapshot.ts';

/** How a component of a host is doing: fact `status/<component>`. */
export interface ComponentStatus {
  readonly component: string;
  /** `held`: changes wait for the operator to confirm them. */
  readonly state: 'ok' | 'failing' | 'held';
  readonly problems: readonly Problem[];
  /** Since when it has been in this state, in milliseconds since the epoch. */
  readonly sinceMs: number;
}

export const STATUS_FACTS = 'status';

/** The component that checks containers and votes. */
export const HEALTH_STATUS = 'health-checks';

/** The statuses of a host's components, by component. */
export function componentStatuses({ facts }: Pick<HostState, 'facts'>): ReadonlyMap<string, ComponentStatus> {
  return (facts.get(STATUS_FACTS) ?? new Map()) as ReadonlyMap<string, ComponentStatus>;
}
