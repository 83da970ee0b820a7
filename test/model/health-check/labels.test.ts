import { describe, expect, test } from 'vitest';
import { healthCheckOfLabels, healthLabelFaults } from '../../../model/index.ts';

const labelled = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).map(([key, text]) => [`drover.health.${key}`, text]));

describe('a health check in labels', () => {
  test('a port alone is a TCP check with the defaults, and recreates nothing', () => {
    expect(healthCheckOfLabels({ ...labelled({ port: ' 80 ' }), other: 'x' })).toEqual({
      port: 80,
      requestLine: null,
      expectedStatus: null,
      exec: null,
      intervalMs: 2000,
      responseTimeoutMs: 2000,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      initializingTimeoutMs: null,
      reinitializingTimeoutMs: null,
      strategy: 'none',
      recreateOnQuorum: null,
    });
  });

  test('every key of health_check', () => {
    const labels = labelled({
      port: '8080',
      request_line: 'GET "/ping" "HTTP/1.0"',
      expected_status: '304, 200-299',
      interval: '500',
      response_timeout: '300',
      healthy_threshold: '1',
      unhealthy_threshold: '5',
      initializing_timeout: '60000',
      reinitializing_timeout: '30000',
      strategy: 'RecreateOnQuorum',
      quorum: '3',
    });
    expect(healthLabelFaults(labels)).toEqual([]);
    expect(healthCheckOfLabels(labels)).toEqual({
      port: 8080,
      requestLine: 'GET "/ping" "HTTP/1.0"',
      expectedStatus: '200-299,304',
      exec: null,
      intervalMs: 500,
      responseTimeoutMs: 300,
      healthyThreshold: 1,
      unhealthyThreshold: 5,
      initializingTimeoutMs: 60_000,
      reinitializingTimeoutMs: 30_000,
      strategy: 'recreateOnQuorum',
      recreateOnQuorum: 3,
    });
    expect(healthCheckOfLabels(labelled({ port: '1', strategy: 'recreateOnQuorum' }))?.recreateOnQuorum).toBe(1);
  });

  test('none without labels', () => {
    expect([healthCheckOfLabels({}), healthLabelFaults({})]).toEqual([null, []]);
  });

  test.each([
    [{ port: '0' }, 'port: is "0", not a whole number from 1 to 65535'],
    [{ port: '65536' }, 'port: is "65536", not a whole number from 1 to 65535'],
    [{ port: '80', interval: '2s' }, 'interval: is "2s", not a whole number from 100 to 86400000'],
    [{ port: '80', healthy_threshold: '-1' }, 'healthy_threshold: is "-1", not a whole number from 1 to 1000'],
    [{ port: '80', strategy: 'restart' }, 'strategy: is "restart", not a strategy'],
    [{ port: '80', intervall: '1' }, 'intervall: is not a key of a health check'],
    [{ interval: '500' }, 'port: is missing; the check needs it'],
    [{ port: '80', quorum: '2' }, 'quorum: needs `drover.health.strategy: recreateOnQuorum`'],
    [{ port: '80', quorum: '2', strategy: 'recreate' }, 'quorum: needs `drover.health.strategy: recreateOnQuorum`'],
  ])('%j is refused as a whole', (labels, fault) => {
    expect(healthLabelFaults(labelled(labels)).map(({ label, what }) => `${label}: ${what}`)).toEqual([
      `drover.health.${fault}`,
    ]);
    expect(healthCheckOfLabels(labelled(labels))).toBeNull();
  });
});
