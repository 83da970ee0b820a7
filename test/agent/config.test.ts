import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigSources, type LoadedConfig, listSettings, loadConfig } from '../../agent/config/config.ts';
import { formatProblem } from '../../model/index.ts';
import { CONFIG_REFERENCE, renderConfigReference } from '../../scripts/config-reference.ts';

const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' });
/** `text` null: there is no file. */
const load = (text: string | null, sources: Partial<ConfigSources> = {}): Promise<LoadedConfig> =>
  loadConfig(
    { readFile: async () => (text === null ? Promise.reject(missing) : text) },
    { env: {}, flags: {}, ...(text === null ? {} : { file: 'drover.yaml' }), ...sources },
  );
const config = async (text: string | null, sources: Partial<ConfigSources> = {}) => {
  const loaded = await load(text, sources);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.config;
};
const problems = async (text: string | null, sources: Partial<ConfigSources> = {}): Promise<readonly string[]> => {
  const loaded = await load(text, sources);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
};

test('without any source, every setting has its default', async () => {
  expect(await config(null)).toMatchObject({
    environment: 'default',
    suffixes: ['rancher.internal.'],
    dataDir: '/var/lib/drover',
    host: { name: null, address: 'auto', labels: {} },
    bus: { driver: 'embedded', consul: { sessionTtlSeconds: 15 } },
    dns: { address: '169.254.169.250', ttlSeconds: 1 },
    network: { range: '10.42.0.0/16', prefixLength: 24, ranges: [] },
    supervise: true,
  });
  expect(await load(null)).toMatchObject({ file: null, warnings: [] });
  expect(await config('')).toEqual(await config(null));
  expect(await config('# nothing\nlog:\nbus:\n  consul:\n  driver:\n')).toEqual(await config(null));
});

test('flags override the environment, which overrides the file', async () => {
  const text = 'log: {level: warn}\nenvironment: file\nhost: {name: file, labels: {zone: a}}';
  const env = {
    DROVER_ENVIRONMENT: 'variable',
    DROVER_HOST_NAME: 'variable',
    OTHER: 'x',
    DROVER_LOG_FORMAT: undefined,
  };
  expect(await config(text, { env, flags: { environment: 'flag', supervise: undefined } })).toMatchObject({
    environment: 'flag',
    host: { name: 'variable', labels: { zone: 'a' } },
    log: { level: 'warn' },
  });
});

test('flags are accepted as flags and as an argument parser names them', async () => {
  const flags = { '--bus-driver': 'consul', busConsulTokenFile: '/t', 'dns-ttl-seconds': '3', supervise: false };
  expect(await config(null, { flags })).toMatchObject({
    bus: { driver: 'consul', consul: { tokenFile: '/t' } },
    dns: { ttlSeconds: 3 },
    supervise: false,
  });
});

test('text is converted to the type of the setting', async () => {
  const env = {
    DROVER_SUPERVISE: 'no',
    DROVER_LIVENESS_PORT: '1234',
    DROVER_SUFFIXES: 'Corp.Internal, rancher.internal.',
    DROVER_HOST_LABELS: 'zone=a, rack=b=c',
    DROVER_DNS_UPSTREAMS: '',
    DROVER_HOST_NAME: '',
    DROVER_NETWORK_MTU: '1400',
  };
  expect(await config('dns: {upstreams: [192.0.2.1]}', { env })).toMatchObject({
    supervise: false,
    liveness: { port: 1234 },
    suffixes: ['corp.internal.', 'rancher.internal.'],
    host: { name: null, labels: { zone: 'a', rack: 'b=c' } },
    dns: { upstreams: [] },
    network: { mtu: 1400 },
  });
});

test('the file is chosen by flag, by DROVER_CONFIG, or is the default file', async () => {
  const read: string[] = [];
  const readFile = async (path: string) => {
    read.push(path);
    return '';
  };
  await loadConfig({ readFile }, { file: '/a', env: { DROVER_CONFIG: '/b' }, flags: {} });
  await loadConfig({ readFile }, { env: { DROVER_CONFIG: '/b' }, flags: {} });
  await loadConfig({ readFile }, { env: {}, flags: {} });
  expect(read).toEqual(['/a', '/b', '/etc/drover/drover.yaml']);
});

describe('an error is reported with its place and hint', () => {
  test.each([
    ['bus:\n  drvier: consul', 'drover.yaml:2 bus.drvier: is not a known key; did you mean driver?'],
    ['datadir: /x', 'drover.yaml:1 datadir: is not a known key; did you mean dataDir?'],
    ['wholly: new', 'drover.yaml:1 wholly: is not a known key; remove it'],
    ['bus: {driver: etcd}', 'drover.yaml:1 bus.driver: is not one of the accepted values; use one of embedded, consul'],
    ['bus: consul', 'drover.yaml:1 bus: is not a map of keys and values; write a map of keys and values'],
    [
      'bus: {consul: {sessionTtlSeconds: 3}}',
      'drover.yaml:1 bus.consul.sessionTtlSeconds: is too small; use 10 or more',
    ],
    [
      'bus: {consul: {addresses: ["consul:8500"]}}',
      'drover.yaml:1 bus.consul.addresses.0: is not an http:// or https:// address; correct it',
    ],
    [
      'bus: {consul: {certFile: /c}}',
      'drover.yaml:1 bus.consul.certFile: and keyFile belong together, and one is missing; set both or none',
    ],
    [
      'bus: {consul: {token: a, tokenFile: /b}}',
      'drover.yaml:1 bus.consul.tokenFile: is set, and so is token; keep one of them',
    ],
    ['dataDir: data', 'drover.yaml:1 dataDir: is not an absolute path; begin it with /'],
    ['suffixes: [a..b]', 'drover.yaml:1 suffixes.0: ("a..b") has an empty label; remove the doubled or leading dot'],
    ['suffixes: []', 'drover.yaml:1 suffixes: is too small; use 1 or more'],
    [
      'network: {range: 10.42.0.7/16}',
      'drover.yaml:1 network.range: ("10.42.0.7/16") has bits beyond its prefix length; write 10.42.0.0/16',
    ],
    [
      'network: {range: 10.42.0.0/25}',
      'drover.yaml:1 network.range: is smaller than the subnet of one host (/24); use /24 or a larger range, or set network.prefixLength',
    ],
    [
      'network: {ranges: [10.42.3.0/24]}',
      'drover.yaml:1 network.ranges.0: overlaps network.range (10.42.0.0/16); remove one of the two',
    ],
    ['network: {range: "fd00::/16"}', 'drover.yaml:1 network.range: is an IPv6 range; use an IPv4 range'],
    [
      'dns: {address: 10.42.0.1}',
      'drover.yaml:1 dns.address: is inside network.range (10.42.0.0/16); use an address outside all ranges',
    ],
    [
      'dns: {hostAddress: 169.254.169.250}',
      'drover.yaml:1 dns.hostAddress: is the same as dns.address; use different addresses',
    ],
    [
      'dns: {upstreams: [dns.example]}',
      'drover.yaml:1 dns.upstreams.0: is not an address with an optional port; write it like 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53',
    ],
    ['coalesce: {quietMs: 100}', 'drover.yaml:1 coalesce.maxWaitMs: is shorter than quietMs; make it at least as long'],
    ['host: {address: somewhere}', 'drover.yaml:1 host.address: has a form that is not accepted;'],
    ['a: 1\na: 2', 'drover.yaml:2: has the key a twice; remove one of them'],
    ['bus:\n\tdriver: x', 'drover.yaml:2: is indented with a tab; indent with spaces'],
    ['- bus', 'drover.yaml:1: is not a map of keys and values; write settings such as `environment: default`'],
    ['log: {}\n---\nlog: {}', 'drover.yaml:3: starts a second YAML document; keep one document in the file'],
  ])('%j', async (text, expected) => {
    const [first = 'no problem', ...more] = await problems(text);
    expect(first).toContain(expected);
    expect(more).toEqual([]);
  });

  test('of variables and flags', async () => {
    const env = {
      DROVER_SUPERVISE: 'perhaps',
      DROVER_LIVENESS_PORT: 'x',
      DROVER_HOST_LABELS: '=a',
      DROVER_LOG_LEVEL: 'loud',
    };
    const flags = { busDriver: 'etcd', busDrivr: 'x' };
    expect(await problems(null, { env, flags })).toEqual([
      'environment variable DROVER_SUPERVISE: is not true or false; write true or false',
      'environment variable DROVER_LIVENESS_PORT: is not a number; write a number',
      'environment variable DROVER_HOST_LABELS: has an item without a key (=a); write it like key=value,key=value',
      'flag --busDrivr: is not known; did you mean --bus-driver?',
      'flag --bus-driver: is not one of the accepted values; use one of embedded, consul',
      'environment variable DROVER_LOG_LEVEL: is not one of the accepted values; use one of debug, info, warn, error, silent',
    ]);
  });

  test('all errors at once', async () => {
    expect(await problems('dataDir: x\nlog: {level: loud}\nbus:\n  drver: consul\n')).toHaveLength(3);
  });

  test('of a file that does not exist or cannot be read', async () => {
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    const failing = (error: Error, env = {}) =>
      loadConfig({ readFile: () => Promise.reject(error) }, { env, flags: {} });
    expect(await failing(missing, { DROVER_CONFIG: '/x' })).toMatchObject({
      ok: false,
      problems: [{ subject: '/x', what: 'does not exist' }],
    });
    expect(await failing(denied)).toMatchObject({
      ok: false,
      problems: [{ what: 'cannot be read (EACCES)', hint: 'make the file readable for the agent' }],
    });
    for (const [code, what] of [
      ['EISDIR', 'is a directory'],
      ['ELOOP', 'is a symbolic link that leads back to itself'],
    ] as const) {
      expect(await failing(Object.assign(new Error(code), { code }))).toMatchObject({
        problems: [{ what, hint: 'replace it by a file' }],
      });
    }
  });

  test('an unknown variable is a warning, because other programs may use the prefix', async () => {
    const loaded = await load(null, { env: { DROVER_HOST_ADRESS: '192.0.2.1', DROVER_PORT_53_UDP: 'x' } });
    expect(loaded.ok).toBe(true);
    expect(loaded.warnings.map(formatProblem)).toEqual([
      'environment variable DROVER_HOST_ADRESS: is not a setting; did you mean DROVER_HOST_ADDRESS?',
      'environment variable DROVER_PORT_53_UDP: is not a setting; remove it',
    ]);
  });
});

test('every setting can be set by variable and by flag, and has a description', async () => {
  const settings = listSettings();
  expect(new Set(settings.map(({ variable }) => variable)).size).toBe(settings.length);
  for (const { key, meaning, variable, flag, default: value, type } of settings) {
    expect(meaning, key).not.toBe('');
    const text = Array.isArray(value) ? value.join(',') : type === 'map' || value === null ? '' : String(value);
    expect(await problems(null, { env: { [variable]: text } }), key).toEqual([]);
    expect(await problems(null, { flags: { [flag]: text } }), key).toEqual([]);
  }
});

test('loadConfig() never rejects, whatever the file contains', async () => {
  const keys = listSettings().flatMap(({ path }) => [...path]);
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fc.constantFrom(...keys, '__proto__'), fc.jsonValue({ maxDepth: 1 })),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.dictionary(fc.constantFrom(...keys), value), value), async (file) => {
      const loaded = await load(JSON.stringify(file), {
        env: { DROVER_BUS_CONSUL_TOKEN: 'x', DROVER_HOST_LABELS: 'a=b' },
      });
      if (!loaded.ok) for (const problem of loaded.problems) expect(problem.hint).not.toBe('');
    }),
  );
});

test(`${CONFIG_REFERENCE} is current (else: node scripts/write-config-reference.ts)`, () => {
  expect(readFileSync(CONFIG_REFERENCE, 'utf8')).toBe(renderConfigReference());
});
