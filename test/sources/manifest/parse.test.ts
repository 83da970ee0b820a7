import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatProblem, NO_RULE_OPTIONS, type ServiceDeclaration } from '../../../model/index.ts';
import {
  type ManifestOptions,
  type Manifests,
  parseManifest,
  parseManifests,
} from '../../../sources/manifest/index.ts';

const parseFixtures = (names: readonly string[], options: ManifestOptions = {}): Manifests =>
  parseManifests(
    names.map((name) => ({ path: name, text: readFileSync(`test/fixtures/manifests/${name}`, 'utf8') })),
    options,
  );
const service = (manifests: Manifests, name: string): ServiceDeclaration => {
  const found = manifests.declarations.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not declared: ${manifests.problems.map(formatProblem).join('\n')}`);
  return found;
};

describe('a docker-compose.yml and its rancher-compose.yml', () => {
  const guestbook = parseFixtures(['guestbook/docker-compose.yml', 'guestbook/rancher-compose.yml'], {
    stack: 'Guestbook',
  });

  test('give every service, and no problem', () => {
    expect(guestbook.problems).toEqual([]);
    expect(guestbook.complete).toBe(true);
    expect(guestbook.declarations.map(({ stack, name, kind }) => `${stack}/${name} ${kind}`)).toEqual([
      'Guestbook/billing externalService',
      'Guestbook/cache dnsService',
      'Guestbook/db service',
      'Guestbook/lb loadBalancerService',
      'Guestbook/logs service',
      'Guestbook/status-page externalService',
      'Guestbook/web service',
      'Guestbook/web-data service',
    ]);
  });

  test('an ordinary service has the keys of both files', () => {
    const web = service(guestbook, 'web');
    expect(web).toMatchObject({
      scale: 3,
      expose: ['8000'],
      sidekicks: ['logs', 'web-data'],
      links: [
        { target: 'Guestbook/db', alias: 'database' },
        { target: 'mail/smtp', alias: 'relay' },
      ],
      healthCheck: {
        port: 8000,
        requestLine: 'GET "/healthz" "HTTP/1.0"',
        intervalMs: 5000,
        responseTimeoutMs: 3000,
        healthyThreshold: 1,
        unhealthyThreshold: 4,
        initializingTimeoutMs: null,
        reinitializingTimeoutMs: null,
        strategy: 'recreateOnQuorum',
        recreateOnQuorum: 2,
      },
      options: { drain_timeout_ms: 10_000 },
    });
    expect(web.labels['io.rancher.scheduler.affinity:container_label_ne']).toBe(
      `io.rancher.stack_service.name=${'$'}{stack_name}/${'$'}{service_name}`,
    );
  });

  test('metadata is any tree in the order written, with variables', () => {
    const { metadata } = service(guestbook, 'web');
    expect(metadata).toBe(
      '{"zebra":"first written, first kept","apple":{"nested":[1,"two",{"three":3.5}],"enabled":true,"nothing":null},"banner":"say hello for $5"}',
    );
  });

  test('metadata keeps the order of all keys and every digit, also through aliases and merges', () => {
    const text = `
x-common: &common { 10: ten, 2: two }
services:
  metadata: { image: x, metadata: { b: 1 } }
  web:
    metadata:
      zone: 9007199254740993
      10: { 9: -123456789012345678901234567890, 1: &one { id: 18446744073709551615 } }
      2: [ *one, 1.50, 1e400x ]
      <<: *common
      again: *one
`;
    const { declarations, problems } = parseManifest(text, 'm.yml', { stack: 's' });
    expect(problems).toEqual([]);
    expect(declarations.map(({ name, metadata }) => [name, metadata])).toEqual([
      ['metadata', '{"b":1}'],
      [
        'web',
        '{"2":[{"id":18446744073709551615},1.5,"1e400x"],"10":{"9":-123456789012345678901234567890,"1":{"id":18446744073709551615}},"zone":9007199254740993,"again":{"id":18446744073709551615}}',
      ],
    ]);
  });

  test('a value that is exact in metadata is plain in other keys with the same alias', () => {
    const text = (label: string) => `services: {web: {metadata: &m {b: ${label}, a: x}, labels: *m}}`;
    const { declarations } = parseManifest(text('1'), 'm.yml', { stack: 's' });
    expect(declarations[0]).toMatchObject({ metadata: '{"b":1,"a":"x"}', labels: { b: '1', a: 'x' } });
    const [large] = parseManifest(text('9007199254740993'), 'm.yml', { stack: 's' }).declarations;
    expect(large).toMatchObject({ metadata: '{"b":9007199254740993,"a":"x"}', labels: { b: '9007199254740993' } });
  });

  test('metadata in the manifest overrides metadata of a file', () => {
    const text = 'stack: s\nservices: {web: {metadata: {b: 1}, metadata_file: conf/web.json}}';
    const attached = { 'conf/web.json': '{"z": 9007199254740993,\n "b": 2}' };
    const { declarations, problems } = parseManifests([{ path: 'm.yml', text, attached }]);
    expect([problems, declarations[0]?.metadata]).toEqual([[], '{"z":9007199254740993,"b":1}']);
    const said = (files: Record<string, string>) =>
      parseManifests([{ path: 'm.yml', text, attached: files }]).problems.map(formatProblem);
    expect(said({})).toEqual([
      "m.yml:2 services.web.metadata_file: (conf/web.json) cannot be read; correct the path: it is relative to the manifest's folder",
    ]);
    expect(said({ 'conf/web.json': '{\n"a": }}' })).toEqual([
      expect.stringMatching(/^conf\/web.json:2: is not valid YAML/),
    ]);
    expect(said({ 'conf/web.json': '[1]' })).toEqual([
      'conf/web.json: is not a map of keys and values; write one map of keys and values',
    ]);
  });

  test('metadata has a limit of 256 kB', () => {
    const of = (bytes: number) =>
      parseManifest(`services: {web: {metadata: {k: ${'x'.repeat(bytes)}}}}`, 'm.yml', { stack: 's' });
    const most = 256 * 1024 - '{"k":""}'.length;
    expect(of(most).problems).toEqual([]);
    expect(of(most + 1).problems.map(formatProblem)).toEqual([
      'm.yml:1 services.web.metadata: has 257 kB, more than the 256 kB that are served; remove the parts that no container reads',
    ]);
  });

  test('the load balancer has its rules, with whole target names', () => {
    const { lbConfig, ports } = service(guestbook, 'lb');
    expect(ports).toEqual(['8080:8080/tcp', '8443:8443/tcp']);
    expect(lbConfig).toMatchObject({
      certs: ['wildcard-example'],
      defaultCert: 'main',
      config: 'frontend 8080\n    option httplog\nbackend guestbook\n    balance leastconn',
      stickinessPolicy: { cookie: 'GBSESSION', indirect: true, nocache: true, postonly: false, mode: 'insert' },
    });
    expect(lbConfig?.portRules.map((rule) => [rule.protocol, rule.service, rule.selector, rule.weight])).toEqual([
      ['http', 'Guestbook/web', null, 1],
      ['https', 'accounts/portal', null, 1],
      ['http', null, 'tier=front', 5],
    ]);
  });

  test('the rules of an ordinary service do not listen', () => {
    expect(service(guestbook, 'web').lbConfig?.portRules).toEqual([
      {
        sourcePort: null,
        protocol: null,
        path: '/api',
        hostname: 'guestbook.example.com',
        service: null,
        targetPort: 8000,
        priority: null,
        backendName: null,
        selector: null,
        weight: 1,
        pathMatch: 'prefix',
        container: null,
        options: NO_RULE_OPTIONS,
      },
    ]);
  });

  test('external services and aliases have canonical addresses, names and targets', () => {
    expect(service(guestbook, 'billing').externalIps).toEqual(['192.0.2.17', '2001:db8::17']);
    expect(service(guestbook, 'status-page').hostname).toBe('status.example.net.');
    expect(service(guestbook, 'cache').links).toEqual([
      { target: 'Guestbook/db', alias: 'db' },
      { target: 'shared/redis', alias: 'redis' },
    ]);
  });

  test('a host name of a container is no external name; labels may be a list', () => {
    expect(service(guestbook, 'db')).toMatchObject({
      kind: 'service',
      hostname: null,
      labels: { tier: 'back', owner: 'team db = yes', bare: '' },
      healthCheck: { port: 5432, requestLine: null, strategy: 'none' },
    });
  });

  test('keys for other programs are reported once per file and key', () => {
    const notes = guestbook.ignored.map(formatProblem);
    expect(notes).toContain(
      'guestbook/docker-compose.yml:40 services.logs.network_mode (and 1 more): is for the container runtime: ignored; no action needed',
    );
    expect(notes).toContain(
      'guestbook/rancher-compose.yml:65 services.web.upgrade_strategy: is for a scheduler: ignored; no action needed',
    );
    expect(notes.filter((note) => note.includes('.volumes'))).toHaveLength(1);
    expect(notes.some((note) => note.includes('services.db.hostname'))).toBe(true);
    expect(notes.some((note) => note.includes('GUESTBOOK_SECRET'))).toBe(false);
  });

  test('the order of files does not matter if they have different keys', () => {
    const turned = parseFixtures(['guestbook/rancher-compose.yml', 'guestbook/docker-compose.yml'], {
      stack: 'Guestbook',
    });
    expect(turned.declarations).toEqual(guestbook.declarations);
  });

  test('one file of a pair alone reports what is missing', () => {
    const half = parseFixtures(['guestbook/docker-compose.yml'], { stack: 'Guestbook' });
    expect(half.problems.map(formatProblem)).toEqual([
      'guestbook/docker-compose.yml:65 services.billing: is an external service without an address or a host name; give it external_ips or hostname (they stand in rancher-compose.yml: apply both files together)',
      'guestbook/docker-compose.yml:67 services.status-page: is an external service without an address or a host name; give it external_ips or hostname (they stand in rancher-compose.yml: apply both files together)',
    ]);
  });
});

test('v1 files have their services at the top', () => {
  const gateway = parseFixtures(['gateway/docker-compose.yml', 'gateway/rancher-compose.yml'], { stack: 'gw' });
  expect(gateway.problems).toEqual([]);
  expect(service(gateway, 'gate')).toMatchObject({
    kind: 'loadBalancerService',
    scale: 1,
    ports: ['80'],
    links: [{ target: 'gw/app', alias: 'app' }],
    lbConfig: { portRules: [{ sourcePort: 80, protocol: 'http', service: 'gw/app', targetPort: 8080 }] },
  });
  expect(service(gateway, 'app').labels).toEqual({
    'io.rancher.scheduler.global': 'true',
    'io.rancher.container.dns': 'true',
    replicas: '3',
  });
});

test('native documents name their stack, and the kind follows from the keys', () => {
  const native = parseFixtures(['native.yml'], { stack: 'ignored' });
  expect(native.problems).toEqual([]);
  expect(native.declarations.map(({ stack, name, kind }) => `${stack}/${name} ${kind}`)).toEqual([
    'other/web service',
    'Shop/catalogue dnsService',
    'Shop/edge loadBalancerService',
    'Shop/payments externalService',
    'Shop/search externalService',
  ]);
  expect(service(native, 'payments')).toMatchObject({ externalIps: ['203.0.113.9'], options: { dns: { ttl: 5 } } });
  expect(service(native, 'catalogue')).toMatchObject({
    links: [
      { target: 'Shop/web', alias: 'web' },
      { target: 'other/web', alias: 'web' },
    ],
    options: { answers: 'one' },
  });
  expect(service(native, 'web')).toMatchObject({
    vip: '10.42.255.1',
    sidekicks: ['logs'],
    healthCheck: { port: 80, intervalMs: 2000, healthyThreshold: 2, unhealthyThreshold: 3, strategy: 'none' },
  });
});

test("x-drover has Drover's keys in an ordinary Compose file", () => {
  const blog = parseFixtures(['compose-with-x-drover.yml']);
  expect(blog.problems).toEqual([]);
  expect(blog.declarations.map(({ stack, name, kind }) => `${stack}/${name} ${kind}`)).toEqual([
    'blog/db service',
    'blog/legacy-db externalService',
    'blog/web service',
  ]);
  expect(service(blog, 'web')).toMatchObject({
    ports: ['8080:80', '8443:443/tcp'],
    healthCheck: { port: 80, requestLine: 'GET / HTTP/1.0' },
    metadata: '{"colour":"blue"}',
    options: { dns: { ttl: 2 } },
  });
  expect(blog.ignored.map(({ subject }) => subject)).toContain('compose-with-x-drover.yml:5 services.web.dns');
  expect(service(parseFixtures(['compose-with-x-drover.yml'], { stack: 'given' }), 'web').stack).toBe('given');
});
