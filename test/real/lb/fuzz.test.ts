import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { createRenderer, type RenderedConfig } from '../../../lb/render/index.ts';
import type { Backend, LbTable, Listener, Rule } from '../../../lb/table/table.ts';
import { parsePathPattern, type RuleOptions, type StickinessPolicy } from '../../../model/index.ts';
import { runCommand } from '../../../system/index.ts';
import { backend, listener, rule, SETTINGS, server, table, withoutSpares } from '../../lb/render/tables.ts';
import { writeFiles } from '../../support/lb/balancer.ts';
import { createResources } from '../../support/resources.ts';

// Whatever a user writes: HAProxy accepts the configuration, and it has no line that the table does not ask for.

const RUNS = 40;
const HAPROXY = resolve('test/support/haproxy');
const resources = createResources();
afterAll(() => resources.close());

const HOSTILE = [
  ...[
    "'",
    '"',
    '\\',
    '#',
    '$HOME',
    '"$HOME"',
    '%[env(HOME)]',
    '}',
    '{',
    '-f',
    '--',
    '-i',
    ' ',
    '\t',
    ';',
    '%',
    '%%',
    ',',
    '()',
    '!',
  ],
  ...[
    '\n',
    '\r\n',
    'x\n  stats enable',
    'a if TRUE',
    'a # b',
    "a' stats",
    '/var/run/docker.sock',
    'unix@/x',
    'é',
    '\u0000',
    'x'.repeat(2_000),
  ],
];
const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(...HOSTILE, 'a', '/', '.'), { maxLength: 4 }).map((parts) => parts.join('')),
  },
);
const text = (...good: string[]) => fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...good) }, hostile);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });

/** What the parser of the model accepts. */
const regex = fc
  .array(
    fc.constantFrom(
      'a',
      '/',
      '^',
      '$',
      '.',
      '*',
      '+',
      '?',
      '(',
      ')',
      '(?:',
      '(?i:',
      '(?=',
      '[a-z]',
      '[^/]',
      '{2}',
      '|',
      '\\d',
      '\\.',
      '\\b',
      '{',
      '}',
      '-',
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parsePathPattern(parts.join(''), 'regex'))
  .filter((parsed) => parsed.ok && parsed.value !== null)
  .map((parsed) => (parsed.ok && parsed.value ? parsed.value : { kind: 'regex' as const, text: '^/' }));

const host: fc.Arbitrary<Rule['host']> = maybe(
  fc.record({ kind: fc.constantFrom('exact', 'suffix', 'prefix'), text: text('a.test', '.test', 'www.') }),
);
const path: fc.Arbitrary<Rule['path']> = maybe(
  fc.oneof(fc.record({ kind: fc.constantFrom('prefix', 'segment', 'exact'), text: text('/', '/a') }), regex),
);
const options: fc.Arbitrary<RuleOptions> = fc.record({
  proto: fc.constantFrom('h1', 'h2', 'https'),
  redirectHttps: fc.boolean(),
  gzip: fc.boolean(),
  basicAuth: fc.array(
    fc.oneof(
      text('ann').map((user) => `${user}:$5$salt$hash`),
      hostile,
    ),
    { maxLength: 2 },
  ),
  maxBodyBytes: maybe(fc.nat()),
  serverTimeoutMs: maybe(fc.integer({ min: 1, max: 1e7 })),
  tunnelTimeoutMs: maybe(fc.integer({ min: 1, max: 1e7 })),
  forwarded: fc.boolean(),
  sendProxy: fc.constantFrom('v1', 'v2', null),
  balance: fc.constantFrom('roundrobin', 'leastconn', 'source', null),
});
const stickiness: fc.Arbitrary<StickinessPolicy> = fc.record({
  name: maybe(hostile),
  cookie: maybe(text('id')),
  domain: maybe(text('a.test', '.a.test', 'a')),
  indirect: fc.boolean(),
  nocache: fc.boolean(),
  postonly: fc.boolean(),
  mode: maybe(text('insert', 'rewrite', 'prefix')),
});
const servers = fc
  .uniqueArray(fc.constantFrom('10.0.0.1', 'fd00::1', '10.0.0.2'), { maxLength: 3 })
  .chain((addresses) =>
    fc
      .record({ weight: fc.integer({ min: 0, max: 256 }), state: fc.constantFrom('ready' as const, 'drain' as const) })
      .map((more) => addresses.map((address) => server(address, 80, more))),
  );
const protocol = fc.constantFrom('http' as const, 'https' as const, 'tcp' as const, 'tls' as const, 'sni' as const);
const backendParts: fc.Arbitrary<Partial<Backend>> = fc.record({
  balancer: text('shop/front', 'shop/web'),
  options,
  stickiness: maybe(stickiness),
  servers,
  namedServers: fc.array(
    fc.record({
      hostname: text('localhost'),
      port: fc.constant(80),
      weight: fc.constant(1),
      service: fc.constant('x'),
    }),
    { maxLength: 1 },
  ),
});
const listenerParts = fc.record({
  protocol,
  rules: fc.array(
    fc.record({ host, path, balancer: text('shop/front', 'shop/web'), parts: backendParts, name: text('a', 'b') }),
    { maxLength: 10 },
  ),
  acceptProxy: fc.boolean(),
  accessLog: fc.boolean(),
  errorPage: maybe(fc.oneof(hostile, fc.constant('x'.repeat(13_900)))),
  balancers: fc.array(text('shop/front', 'shop/web'), { maxLength: 2 }),
});

const anyTable: fc.Arbitrary<LbTable> = fc.array(listenerParts, { maxLength: 4 }).map((all) => {
  const backends: Backend[] = [];
  const listeners = all.map(({ rules, ...parts }, at): Listener => {
    const own = rules.map(({ parts: ofBackend, name, ...more }, position) => {
      const known = name.length < 3 ? `${at}-${position}` : name;
      if (!backends.some((one) => one.name === known))
        backends.push(backend(known, { ...ofBackend, protocol: parts.protocol }));
      return rule(name, { ...more, backend: known });
    });
    const hasTls = parts.protocol === 'https' || parts.protocol === 'tls';
    const certificates = hasTls ? { names: ['missing'], default: null } : null;
    return listener(20_000 + at, {
      ...parts,
      certificates,
      rules: own.filter((one) => backends.find(({ name }) => name === one.backend)?.protocol === parts.protocol),
    });
  });
  return table({ listeners, backends });
});

const KEYWORDS =
  /^(global|description|default-path|stats (socket|timeout)|log (stdout|global)|uid|gid|hard-stop-after|fd-hard-limit|tune\.ssl\.default-dh-param|ssl-default-bind-|defaults|timeout (connect|client|server|http-request|http-keep-alive|queue|tunnel) |retries|retry-on|option (redispatch|idle-close-on-response|dontlognull|forwardfor)|frontend|bind|mode|log-format|http-error|http-request (set-var\(txn|disable-l7-retry|redirect location https|auth realm Restricted|wait-for-body|deny deny_status (400|413)|add-header (X|Forwarded))|tcp-request|use_backend|default_backend|userlist|user|backend|balance|hash-type|cookie|dynamic-cookie-key|compression (algo|type)|server|resolvers|parse-resolv-conf|accepted_payload_size|hold)\b/;

/** What the file says, as far as it can be counted. */
function countsOf({ files }: RenderedConfig) {
  const lines = withoutSpares(files.get('haproxy.cfg') ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== 'backend drover:names from drover');
  const count = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).length;
  return { frontends: count('frontend'), binds: count('bind'), backends: count('backend'), servers: count('server') };
}

test('Q34 HAProxy accepts the configuration of any table, and it has nothing that the table does not ask for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drover-lb-'));
  resources.add('directory', () => rm(directory, { recursive: true }));
  const render = createRenderer();
  let attempts = 0;
  await fc.assert(
    fc.asyncProperty(anyTable, async (one) => {
      attempts += 1;
      const place = join(directory, String(attempts));
      const config = await render(one, { ...SETTINGS, directory: place });
      const kept = one.backends.filter(({ name }) => config.backends.has(name));
      expect(countsOf(config)).toEqual({
        frontends: one.listeners.length,
        binds: 2 * one.listeners.length,
        backends: kept.length,
        servers: kept.reduce((sum, { servers, namedServers }) => sum + servers.length + namedServers.length, 0),
      });
      const lines = (config.files.get('haproxy.cfg') ?? '').split('\n').map((line) => line.trim());
      expect(lines.filter((line) => !/^(#|$)/.test(line) && !KEYWORDS.test(line))).toEqual([]);
      await writeFiles(place, config.files);
      await runCommand(HAPROXY, ['-c', '-f', join(place, 'haproxy.cfg')]);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
