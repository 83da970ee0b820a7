import type { Target } from '../../healthcheck/index.ts';

export const CHECK: Target['check'] = {
  requestLine: null,
  expectedStatus: null,
  exec: null,
  intervalMs: 1_000,
  responseTimeoutMs: 200,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};

export function target(containerId: string, check: Partial<Target['check']> = {}, rest: Partial<Target> = {}): Target {
  return {
    hostId: 'a',
    containerId,
    startedAtMs: 1,
    address: '10.42.0.5',
    port: 80,
    voters: ['a', 'b'],
    check: { ...CHECK, ...check },
    ...rest,
  };
}
