import { eachDifference, type HealthCheck, type HostState } from '../../model/index.ts';
import { type Checkers, checkersIn, type HostView } from '../../view/index.ts';
import type { ValueObject } from '../value/value.ts';
import { sameItems } from './memo.ts';

/** Null: there is no check. */
export function healthCheckObject(check: HealthCheck | null): ValueObject | null {
  return (
    check && {
      healthy_threshold: check.healthyThreshold,
      interval: check.intervalMs,
      port: check.port,
      request_line: check.requestLine,
      response_timeout: check.responseTimeoutMs,
      unhealthy_threshold: check.unhealthyThreshold,
    }
  );
}

/** Returns the checkers of successive views. The same value while no host that checks containers comes or goes. */
export function createCheckers(): (view: HostView) => Checkers {
  let hosts: ReadonlyMap<string, HostState> = new Map();
  let checkers: Checkers = [];
  return ({ snapshot }) => {
    let isSame = true;
    eachDifference(hosts, snapshot.hosts, (_hostId, before, after) => {
      if (before?.host !== after?.host) isSame = false;
    });
    hosts = snapshot.hosts;
    const newest = isSame ? checkers : checkersIn(snapshot);
    if (!sameItems(idsOf(checkers), idsOf(newest))) checkers = newest;
    return checkers;
  };
}

export function idsOf(checkers: Checkers): readonly string[] {
  return checkers.map(({ hostId }) => hostId);
}
