import { expect, test } from 'vitest';
import { createRenderer, type RenderSettings } from '../../../lb/render/index.ts';
import type { LbTable, Rule } from '../../../lb/table/table.ts';
import { NO_RULE_OPTIONS, type RuleOptions } from '../../../model/index.ts';
import { backend, listener, rule, SETTINGS, server, table, withoutSpares } from './tables.ts';

const render = createRenderer();
const REACHABLE = { ...SETTINGS, reachable: true };

const SHOP = table({
  listeners: [
    listener(80, {
      rules: [
        rule('shop/front#1', {
          host: { kind: 'exact', text: 'foo.com' },
          path: { kind: 'prefix', text: '/api' },
          backend: 'api',
        }),
        rule('shop/front#2', { host: { kind: 'suffix', text: '.foo.com' }, backend: 'web' }),
        rule('shop/front#3', { backend: 'web' }),
      ],
    }),
    listener(5432, { protocol: 'tcp', rules: [rule('shop/front#4', { backend: 'db' })] }),
  ],
  backends: [
    backend('api', { servers: [server('10.42.1.3', 8080), server('fd00::1', 8080, { weight: 5, state: 'drain' })] }),
    backend('db', { protocol: 'tcp', servers: [server('10.42.1.9', 5432)] }),
    backend('web'),
  ],
});

const text = async (value = SHOP) => withoutSpares((await render(value, SETTINGS)).files.get('haproxy.cfg') ?? '');

test('renderConfig() writes listeners, rules in their order, backends and servers', async () => {
  const lines = (await text())
    .replaceAll(/[0-9a-f]{16}/g, 'HASH')
    .split('\n')
    .filter((line) => /^(?:frontend|backend| {2}bind| {2}use_backend| {2}default_backend| {2}server) /.test(line));
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "frontend 80 from drover
      bind 0.0.0.0:80
      bind [::]:80 v6only
      use_backend %[var(txn.section)] if { var(txn.section) -m found }
      use_backend web if { var(txn.host) -m end .foo.com }
      default_backend web
    frontend 5432 from drover
      bind 0.0.0.0:5432
      bind [::]:5432 v6only
      default_backend db
    backend api from drover
      server 10.42.1.3:8080 10.42.1.3:8080 id 2135611059 weight 1
      server fd00::1:8080 [fd00::1]:8080 id 1323895341 weight 5 disabled
    backend db from drover
      server 10.42.1.9:5432 10.42.1.9:5432 id 147675038 weight 1
    backend web from drover
    backend drover:names from drover"
  `);
});

test('renderConfig() has the same structure with other servers, and another one with other rules', async () => {
  const { structure } = await render(SHOP, SETTINGS);
  const [api, ...others] = SHOP.backends;
  const scaled = {
    ...SHOP,
    backends: [{ ...api, servers: [server('10.42.1.4', 8080)] } as (typeof others)[number], ...others],
  };
  expect((await render(scaled, SETTINGS)).structure).toBe(structure);
  expect(await text(scaled)).toContain(`description drover-${structure}\n`);
  expect((await render({ ...SHOP, listeners: SHOP.listeners.slice(1) }, SETTINGS)).structure).not.toBe(structure);
  const h2 = SHOP.backends.map((one) => ({ ...one, options: { ...one.options, proto: 'h2' as const } }));
  expect((await render({ ...SHOP, backends: h2 }, SETTINGS)).structure).not.toBe(structure);
});

const exact = (host: string, path: string | null = null) => ({
  host: { kind: 'exact' as const, text: host },
  path: path === null ? null : { kind: 'prefix' as const, text: path },
});
/** A listener with a wildcard and these rules before it, which have backends of their own with these options. */
function front(rules: readonly Rule[], options: Partial<RuleOptions> = {}, more: Partial<LbTable> = {}): LbTable {
  const names = [...new Set(rules.map((one) => one.backend))].sort();
  return table({
    listeners: [listener(80, { rules: [...rules, rule('last', { host: { kind: 'suffix', text: '.test' } })] })],
    backends: [...names.map((name) => backend(name, { options: { ...NO_RULE_OPTIONS, ...options } })), backend('last')],
    ...more,
  });
}
const NONE = front([rule('z', exact('z.test', '/z'))]);

test.each<[what: string, value: LbTable]>([
  ['exact host', front([rule('a', exact('a.test')), rule('z', exact('z.test', '/z'))])],
  ['host and prefix', front([rule('a', exact('a.test', '/a')), rule('z', exact('z.test', '/z'))])],
  ['redirect', front([rule('a', exact('a.test', '/a')), rule('z', exact('z.test', '/z'))], { redirectHttps: true })],
  ['options of servers', front([rule('z', exact('z.test', '/z'))], { proto: 'h2', sendProxy: 'v2' })],
])(
  'renderConfig() has the same structure with other rules and backends of the usual kind: %s',
  async (_what, value) => {
    expect((await render(value, SETTINGS)).structure).toBe((await render(NONE, SETTINGS)).structure);
  },
);

test.each<[what: string, value: LbTable]>([
  [
    'exact path',
    front([rule('a', { ...exact('a.test'), path: { kind: 'exact', text: '/a' } }), rule('z', exact('z.test', '/z'))]),
  ],
  ['the first rule that looks at the path', front([rule('z', exact('z.test'))])],
  [
    'wildcard before it',
    front([rule('w', { host: { kind: 'prefix', text: 'z.' } }), rule('z', exact('z.test', '/z'))]),
  ],
  ['a character that is special in commands', front([rule('z', exact('z.test', '/z;y'))])],
  ['gzip', front([rule('z', exact('z.test', '/z'))], { gzip: true })],
])('renderConfig() has another structure: %s', async (_what, value) => {
  expect((await render(value, SETTINGS)).structure).not.toBe((await render(NONE, SETTINGS)).structure);
});

test('renderConfig() has the same structure with the first rule of an exact host, also after one for all hosts', async () => {
  const first = rule('acme', { path: { kind: 'prefix', text: '/.well-known/' }, priority: 1 });
  const none = front([first]);
  const some = front([first, rule('a', exact('a.test')), rule('b', exact('b.test', '/b'))]);
  expect((await render(some, SETTINGS)).structure).toBe((await render(none, SETTINGS)).structure);
  const lines = (await text(some)).match(/(?<= {2}use_backend )\S+/g)?.map((line) => line.replace(/^%.*/, 'map'));
  expect(lines).toEqual(['acme', 'map', 'last']);
});

test('renderConfig() has another structure with another backend that own text names', async () => {
  const customConfigs = [{ balancer: 'x', text: 'listen own\n  bind :9000\n  use_backend zoo if TRUE\n' }];
  const structure = async (...names: string[]) => {
    const rules = names.map((name) => rule(name, exact(`${name}.test`)));
    return (await render(front(rules, {}, { customConfigs }), SETTINGS)).structure;
  };
  expect(await structure('ape', 'zoo')).toBe(await structure('zoo'));
  expect(await structure('ape', 'zoo')).not.toBe(await structure('ape'));
});

test('renderConfig() writes rules of simple hosts to a map, and their backends to the map of names', async () => {
  const rules = [
    rule('b', exact('b.test', '/b')),
    rule('deep', exact('a.test', '/a/b')),
    rule('a', exact('a.test', '/a')),
    rule('hidden', exact('a.test', '/a/c')),
    rule('w', { ...exact('w.test'), path: { kind: 'regex', text: '^/w' } }),
    rule('w2', exact('w.test')),
  ];
  const { files, backends, rules: maps } = await render(front(rules), SETTINGS);
  const map = (name: string) => [...files].find(([file]) => file.startsWith(`maps/${name}-`))?.[1];
  expect(map('paths-80')).toBe('b.test/b b\na.test/a/b deep\na.test/a a\n');
  expect([...(maps.get('paths-80') ?? [])]).toEqual([
    ['b.test/b', 'b'],
    ['a.test/a/b', 'deep'],
    ['a.test/a', 'a'],
  ]);
  const entry = (name: string) => backends.get(name)?.entry;
  expect(entry('a')).toMatch(/^a\/[0-9a-f]{16}$/);
  expect([entry('w'), entry('w2'), entry('last')]).toEqual(['w', 'w2', 'last']);
  expect(map('names')).toContain(`80 80\na ${entry('a')}\n`);
});

test('renderConfig() asks for the path only if a rule does', async () => {
  const exact = (at: number) => ({ host: { kind: 'exact' as const, text: `w${at}.test` }, backend: 'web' });
  const hosts = Array.from({ length: 8 }, (_, at) => rule(`shop/front#${at}`, exact(at)));
  const lines = async (rules: typeof hosts) =>
    (await text({ ...SHOP, listeners: [listener(80, { rules })] }))
      .replace(/\nbackend .*/s, '')
      .split('\n')
      .filter((line) => /set-var|use_backend/.test(line))
      .map((line) => line.trim().replaceAll(/[0-9a-f]{16}/g, 'HASH'));
  const host = 'http-request set-var(txn.host) req.fhdr(host),host_only,rtrim(.)';
  const chosen = 'use_backend %[var(txn.section)] if { var(txn.section) -m found }';
  const byHost = 'var(txn.host),map_str(maps/hosts-80-HASH.map)';
  expect(await lines(hosts)).toEqual([host, `use_backend %[${byHost}]`]);
  const wildcard = rule('shop/front#8', { host: { kind: 'suffix', text: '.test' }, backend: 'api' });
  expect(await lines([...hosts, wildcard])).toEqual([
    host,
    `http-request set-var(txn.section) ${byHost}`,
    chosen,
    'use_backend api if { var(txn.host) -m end .test }',
  ]);
  const withPath = rule('shop/front#9', { ...exact(9), path: { kind: 'prefix', text: '/a' } });
  expect(await lines([...hosts, withPath])).toEqual([
    host,
    'http-request set-var(txn.path) str(/)',
    'http-request set-var(txn.path) path,lower',
    'use_backend %[var(txn.host),concat(,txn.path),map_beg(maps/paths-80-HASH.map)]',
  ]);
});

test('renderConfig() repeats in backends what every request gets, that own text can use', async () => {
  const count = async (value: typeof SHOP) => (await text(value)).split('disable-l7-retry').length - 1;
  expect(await count(SHOP)).toBe(1);
  expect(await count({ ...SHOP, customConfigs: [{ balancer: 'shop/front', text: 'frontend 80\n maxconn 9' }] })).toBe(
    3,
  );
});

test.each<[string, string | null, RenderSettings, boolean]>([
  ['sends requests to the newest worker', null, REACHABLE, true],
  ['does so beside own text that sets a limit', 'frontend 80\n maxconn 9', REACHABLE, true],
  [
    'does not if own text would change a request twice',
    'frontend 80\n http-request set-path /a%[path]',
    REACHABLE,
    false,
  ],
  ['does not if own text would add a header twice', 'frontend 80\n unique-id-header X-Id', REACHABLE, false],
  ['does not if own defaults would add the address twice', 'defaults\n option forwardfor', REACHABLE, false],
  [
    'does not if own text looks at the connection of the client',
    'backend\n http-request redirect scheme https unless { ssl_fc }',
    REACHABLE,
    false,
  ],
  ['does not if own defaults would change a reply twice', 'defaults\n http-response add-header a b', REACHABLE, false],
  ['does not if workers cannot reach the socket', null, SETTINGS, false],
])('renderConfig(): a worker that a reload replaces %s', async (_what, own, settings, expected) => {
  const customConfigs = own === null ? [] : [{ balancer: 'shop/front', text: own }];
  const { files } = await render({ ...SHOP, customConfigs }, settings);
  expect(files.get('haproxy.cfg')?.includes('  use_backend drover:newest-80 if { stopping }\n')).toBe(expected);
  expect(files.get('haproxy.cfg')).not.toContain('newest-5432');
  expect(files.get('haproxy.cfg')?.includes('/80.sock accept-proxy')).toBe(settings.reachable);
});

test('renderConfig() names the owner of each line', async () => {
  const { ownerOf } = await render(SHOP, SETTINGS);
  const lines = (await text()).split('\n');
  const owner = (line: string) => ownerOf(lines.indexOf(line) + 1);
  expect(owner('global')).toEqual({ kind: 'drover' });
  expect(owner('frontend 80 from drover')).toEqual({ kind: 'listener', port: 80, balancers: ['shop/front'] });
  expect(owner('  default_backend db')).toEqual({ kind: 'rule', balancer: 'shop/front', rule: 'shop/front#4' });
  expect(owner('backend db from drover')).toEqual({ kind: 'backend', balancer: 'shop/front', backend: 'db' });
  expect(owner('  server 10.42.1.9:5432 10.42.1.9:5432 id 147675038 weight 1')).toMatchObject({ backend: 'db' });
  expect(owner('backend web from drover')).toMatchObject({ backend: 'web' });
});

test('renderConfig() leaves out what cannot be written, and says so', async () => {
  const bad = table({
    listeners: [
      listener(80, {
        rules: [
          rule('shop/front#1', { path: { kind: 'prefix', text: '/a\n  stats enable' }, backend: 'web' }),
          rule('shop/front#2', { path: { kind: 'prefix', text: '/b' }, backend: 'web' }),
          rule('shop/front#3', { backend: 'b\tad' }),
        ],
      }),
    ],
    backends: [backend('b\tad'), backend('web')],
  });
  const { files, problems, backends } = await render(bad, SETTINGS);
  expect(files.get('haproxy.cfg')).not.toMatch(/stats enable|b\tad/);
  expect(files.get('haproxy.cfg')).toContain('  use_backend web if { var(txn.path) -m beg /b }\n');
  expect([...backends.keys()]).toEqual(['web']);
  expect(problems.map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
    'backend b\tad: left out, because "b\tad" cannot be a name',
    'shop/front#1: left out, because "/a\n  stats enable" contains a blank or begins with #',
  ]);
});

test('renderConfig() writes the longest name of a backend', async () => {
  const name = 'x'.repeat(1_024);
  const { problems, backends } = await render(front([rule(name, exact('a.test'))]), SETTINGS);
  expect(problems).toEqual([]);
  expect(backends.get(name)?.spares).toHaveLength(16);
});

test('renderConfig() writes own text in its place, and decides between balancers that set the same', async () => {
  const text = (lines: readonly string[]) => lines.join('\n');
  const lb = table({
    ...SHOP,
    customConfigs: [
      {
        balancer: 'shop/front',
        text: text([
          ...[
            'global',
            'maxconn 5',
            'defaults',
            'retries 5',
            'userlist u',
            'user a password x',
            'listen x',
            'bind :9000',
          ],
          ...[
            'frontend 80',
            'http-request deny if FALSE',
            'backend',
            'timeout server 1s',
            'backend api',
            'balance uri',
          ],
          ...['server $IP maxconn 10', 'frontend 5432', 'timeout client 1s'],
        ]),
      },
      { balancer: 'shop/other', text: text(['global', 'maxconn 6', 'userlist u', 'user b password y']) },
    ],
  });
  const { files, ownerOf, problems, backends } = await render(lb, SETTINGS);
  const config = files.get('haproxy.cfg') ?? '';
  expect(config).toContain('SHA256\n  maxconn 5\n\ndefaults drover\n');
  expect(config).toContain('\ndefaults drover:shop:front from drover\n  retries 5\n');
  expect(config).toContain('\nuserlist u\n  user a password x\n\nlisten x from drover:shop:front\n  bind :9000\n');
  expect(config).toMatch(
    /frontend 80 from drover:shop:front\n(.*\n)+? {2}http-request deny if FALSE\n(.*\n)+? {2}use_backend %/,
  );
  expect(config).toMatch(
    /backend api from drover:shop:front\n(.*\n)+? {2}balance uri\n {2}timeout server 1s\n(.*\n)+? {2}server/,
  );
  expect(config).toContain('10.42.1.3:8080 id 2135611059 weight 1 maxconn 10\n');
  expect(backends.get('api')?.serverParameters).toBe(' maxconn 10');
  const owner = (line: string) => ownerOf(config.split('\n').indexOf(line) + 1);
  for (const line of ['  maxconn 5', '  retries 5', 'userlist u', '  balance uri', '  http-request deny if FALSE'])
    expect(owner(line), line).toEqual({ kind: 'custom', balancer: 'shop/front' });
  expect(problems.map(({ service, what }) => `${service}: ${what}`)).toEqual([
    'shop/other: the global line "maxconn 6" is left out, because shop/front has set maxconn',
    'shop/other: the section "userlist u" is left out, because shop/front has one of that name',
  ]);
});
