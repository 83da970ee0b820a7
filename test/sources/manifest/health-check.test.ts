import { describe, expect, test } from 'vitest';
import { formatProblem, type HealthCheck, healthCheckOfLabels, healthLabelFaults } from '../../../model/index.ts';
import { parseManifests } from '../../../sources/manifest/index.ts';

type Keys = Readonly<Record<string, unknown>>;

/** The check, or the faults as `key: what`. */
type Read = HealthCheck | readonly string[] | null;

function inLabels(keys: Keys): Read {
  const labels = Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [
      `drover.health.${key}`,
      Array.isArray(value) ? JSON.stringify(value) : String(value),
    ]),
  );
  const faults = healthLabelFaults(labels);
  if (faults.length === 0) return healthCheckOfLabels(labels);
  expect(healthCheckOfLabels(labels)).toBeNull();
  return faults.map(({ label, what }) => `${label}: ${what}`.replaceAll('drover.health.', ''));
}

const FORMS = {
  'a native manifest': (service: string) => ['drover.yml', `stack: shop\nservices: {web: ${service}}`],
  'rancher-compose.yml': (service: string) => ['rancher-compose.yml', `version: '2'\nservices: {web: ${service}}`],
  'x-drover of a service': (service: string) => ['compose.yml', `services: {web: {image: a, x-drover: ${service}}}`],
  'x-drover of a file': (service: string) => [
    'compose.yml',
    `services: {web: {image: a}}\nx-drover: {services: {web: ${service}}}`,
  ],
} as const;

function inManifest(form: keyof typeof FORMS, keys: Keys): Read {
  const { quorum, ...rest } = keys;
  const config = quorum === undefined ? {} : { recreate_on_quorum_strategy_config: { quorum } };
  const service = JSON.stringify({ health_check: { strategy: 'none', ...rest, ...config } });
  const [path = '', text = ''] = FORMS[form](service);
  const { declarations, problems } = parseManifests([{ path, text }], { stack: 'shop' });
  if (problems.length === 0) return declarations[0]?.healthCheck ?? null;
  expect(declarations).toEqual([]);
  return problems.map(({ subject, what }) =>
    `${subject.slice(subject.indexOf('health_check.') + 'health_check.'.length)}: ${what}`.replace(
      'recreate_on_quorum_strategy_config.quorum',
      'quorum',
    ),
  );
}

const everywhere: readonly (readonly [string, (keys: Keys) => Read])[] = [
  ['labels', inLabels],
  ...Object.keys(FORMS).map((form) => [form, (keys: Keys) => inManifest(form as keyof typeof FORMS, keys)] as const),
];

describe.each(everywhere)('in %s', (_, read) => {
  test.each<[Keys, Partial<HealthCheck>]>([
    [{ port: 80 }, { port: 80, requestLine: null, expectedStatus: null, exec: null }],
    [
      { port: '65535', interval: '100', response_timeout: 3_600_000 },
      { port: 65_535, intervalMs: 100 },
    ],
    [
      { port: 1, interval: 0, response_timeout: '', healthy_threshold: '0' },
      { intervalMs: 2_000, responseTimeoutMs: 2_000, healthyThreshold: 2 },
    ],
    [{ port: 80, request_line: '' }, { requestLine: null }],
    [
      { port: 80, request_line: ' GET / HTTP/1.0 ', expected_status: 204 },
      { requestLine: 'GET / HTTP/1.0', expectedStatus: '204' },
    ],
    [{ port: 80, request_line: 'GET /', expected_status: '304,200-299' }, { expectedStatus: '200-299,304' }],
    [{ exec: 'redis-cli ping' }, { port: 0, exec: ['/bin/sh', '-c', 'redis-cli ping'] }],
    [
      { exec: ['redis-cli', 'ping'], interval: 500 },
      { port: 0, exec: ['redis-cli', 'ping'], intervalMs: 500 },
    ],
    [
      { port: 80, strategy: 'RecreateOnQuorum', quorum: 2 },
      { strategy: 'recreateOnQuorum', recreateOnQuorum: 2 },
    ],
    [{ port: 80, strategy: 'recreateOnQuorum' }, { recreateOnQuorum: 1 }],
  ])('%j is accepted', (keys, check) => expect(read(keys)).toMatchObject(check));

  test.each<[Keys, ...string[]]>([
    [{ port: 65_536 }, 'port: is "65536", not a whole number from 1 to 65535'],
    [{ port: -1 }, 'port: is "-1", not a whole number from 1 to 65535'],
    [{ port: '80/tcp' }, 'port: is "80/tcp", not a whole number from 1 to 65535'],
    [{ port: 80.5 }, 'port: is "80.5", not a whole number from 1 to 65535'],
    [{ port: 80, interval: 99 }, 'interval: is "99", not a whole number from 100 to 86400000'],
    [{ port: 80, interval: '2s' }, 'interval: is "2s", not a whole number from 100 to 86400000'],
    [{ port: 80, response_timeout: 3_600_001 }, 'response_timeout: is "3600001", not a whole number from 1 to 3600000'],
    [{ port: 80, healthy_threshold: 1_001 }, 'healthy_threshold: is "1001", not a whole number from 1 to 1000'],
    [{ port: 80, unhealthy_threshold: -3 }, 'unhealthy_threshold: is "-3", not a whole number from 1 to 1000'],
    [
      { port: 80, initializing_timeout: 86_400_001 },
      'initializing_timeout: is "86400001", not a whole number from 0 to 86400000',
    ],
    [
      { port: 80, request_line: 'GET "/' },
      'request_line: has a quote that is not closed, or an escape that is not valid',
    ],
    [{ port: 80, request_line: 'GET /\u0007' }, 'request_line: has no valid URI: "/\\u0007"'],
    [
      { port: 80, request_line: 'GET / HTTP/1.0\nbackend x' },
      'request_line: has 5 words, more than method, URI and version',
    ],
    [
      { port: 80, request_line: 'GET /', expected_status: '399-200' },
      'expected_status: has "399-200", a range that ends before it begins',
    ],
    [
      { port: 80, request_line: 'GET /', expected_status: 'abc' },
      'expected_status: has "abc", not a status from 100 to 599 or a range',
    ],
    [{ port: 80, expected_status: 200 }, 'expected_status: needs `request_line`'],
    [{ exec: ['CMD'] }, 'exec: has no program'],
    [{ port: 80, exec: 'true' }, 'port: does not go together with `exec`'],
    [{ exec: 'true', request_line: 'GET /' }, 'request_line: does not go together with `exec`'],
    [{ exec: 'true', expected_status: 200 }, 'expected_status: needs `request_line`'],
    [{ interval: 500 }, 'port: is missing; the check needs it'],
    [{ port: 80, strategy: 'restart' }, 'strategy: is "restart", not a strategy'],
    [
      { port: 'x', interval: 1 },
      'port: is "x", not a whole number from 1 to 65535',
      'interval: is "1", not a whole number from 100 to 86400000',
    ],
  ])('%j is refused', (keys, ...faults) => expect([...(read(keys) as string[])].sort()).toEqual(faults.sort()));
});

test('labels in the wrong case, unknown and hostile ones are named', () => {
  const faults = (labels: Record<string, string>) =>
    healthLabelFaults(labels).map(({ label, what, hint }) => `${label} ${what}; ${hint}`);
  expect(faults({ 'Drover.Health.port': '80' })).toEqual([
    'Drover.Health.port is not a label of Drover: case matters; write `drover.health.port`',
  ]);
  expect(faults({ 'drover.health.Port': '80' })).toEqual([
    'drover.health.Port is not a key of a health check; write `drover.health.port`',
  ]);
  expect(faults({ 'drover.health.__proto__': '1', 'drover.health.port': '80' })).toEqual([
    'drover.health.__proto__ is not a key of a health check; remove it',
  ]);
  expect(healthCheckOfLabels({ 'drover.health.port': '80', 'Drover.health.interval': '500' })).toBeNull();
});

test('port 0 in a manifest means no check, because programs in Go write it; in a label it is a mistake', () => {
  expect(inManifest('rancher-compose.yml', { port: 0 })).toBeNull();
  expect(inLabels({ port: 0 })).toEqual(['port: is "0", not a whole number from 1 to 65535']);
  expect(inManifest('rancher-compose.yml', { port: 0, exec: 'true' })).toMatchObject({
    port: 0,
    exec: expect.anything(),
  });
});

test('a quorum without its strategy is ignored in a manifest, because Rancher wrote both; in a label it is a mistake', () => {
  const keys = { port: 80, quorum: 2, strategy: 'recreate' };
  expect(inManifest('rancher-compose.yml', keys)).toMatchObject({ strategy: 'recreate', recreateOnQuorum: null });
  expect(
    inManifest('rancher-compose.yml', { ...keys, quorum: undefined, recreate_on_quorum_strategy_config: {} }),
  ).toMatchObject({
    recreateOnQuorum: null,
  });
  expect(inLabels(keys)).toEqual(['quorum: needs `strategy: recreateOnQuorum`']);
});

test('labels of a service with a fault refuse the service, so that the check it has is not lost', () => {
  const text = 'stack: shop\nservices: {web: {labels: {drover.health.port: "x"}}, db: {}}';
  const { declarations, problems } = parseManifests([{ path: 'shop.yml', text }]);
  expect(declarations.map(({ name }) => name)).toEqual(['db']);
  expect(problems.map(formatProblem)).toEqual([
    'shop.yml:2 services.web.labels.drover.health.port: is "x", not a whole number from 1 to 65535; correct it',
  ]);
});
