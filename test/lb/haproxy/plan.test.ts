import { describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../lb/haproxy/parse-replies.ts';
import { placeBackends } from '../../../lb/haproxy/place-backends.ts';
import { createPlan, type Desired, format, type Observed } from '../../../lb/haproxy/plan.ts';
import type { ServerChange } from '../../../lb/haproxy/plan-servers.ts';
import { serverCommands } from '../../../lb/haproxy/server-commands.ts';
import type { Server } from '../../../lb/index.ts';
import type { RenderedBackend } from '../../../lb/render/index.ts';
import type { Backend } from '../../../lb/table/table.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { createRandom } from '../../support/random.ts';
import { backend, listener, rule, server, table } from '../render/tables.ts';

const plan = createPlan(placeBackends);
const NO_CERTIFICATES = { files: new Map(), listed: null };
const RENDERED = new Map<string, RenderedBackend>([
  ['web', { rule: 'web', users: [], serverParameters: ' proto h2', cookieKey: 'web', entry: 'web', spares: [] }],
  ['api', { rule: 'api', users: [], serverParameters: '', cookieKey: null, entry: 'api', spares: [] }],
]);
const config = (structure: string) => ({ structure, backends: RENDERED, rules: new Map() });

/** Servers as `weight` or `weight out`, by backend and name. */
type World = Readonly<Record<string, Readonly<Record<string, string>>>>;

function desired(servers: Readonly<Record<string, readonly Server[]>>, structure: string | null = 's1'): Desired {
  const backends = Object.entries(servers).map(([name, all]) => backend(name, { servers: all }));
  return {
    table: table({ listeners: [listener(80, { rules: [rule('web')] })], backends }),
    config: structure === null ? null : config(structure),
    certificates: new Map(),
  };
}

function observed(
  world: World,
  { hasOld = false, ...parts }: Partial<Observed> & { readonly hasOld?: boolean } = {},
  structure = 's1',
): Observed {
  const servers = new Map(
    Object.entries(world).map(([name, all]) => [
      name,
      new Map(
        Object.entries(all).map(([server, text]): [string, RunningServer] => [
          server,
          { name: server, weight: Number.parseInt(text, 10), isOut: text.endsWith('out') },
        ]),
      ),
    ]),
  );
  return {
    running: {
      ...{ structure, servers, config: config(structure), maps: new Map(), mayChangeRules: true },
      ...{ certificates: NO_CERTIFICATES, hasOld },
    },
    kept: { structure },
    isNewest: true,
    mayReload: true,
    mayWrite: false,
    out: new Map(),
    nowMs: 100_000,
    drainTimeoutMs: 15_000,
    problems: [],
    ...parts,
  };
}

const STOPPED = { running: null, kept: null } as const;
const lines = (want: Desired, has: Observed): readonly string[] => plan(want, has).changes.map(format);
const one = server('10.0.0.1', 80);
const two = server('10.0.0.2', 80, { weight: 5 });
const EMPTY: Desired = { table: table({}), config: config('s0'), certificates: new Map() };
const out = (sinceMs: number, parts = {}) =>
  new Map([['web/10.0.0.1:80', { sinceMs, isDue: true, isShut: false, ...parts }]]);
const leaving = { ...one, state: 'drain' } as const;

test.each<[what: string, want: Desired, has: Observed, changes: readonly string[]]>([
  ['does nothing without a listener', EMPTY, observed({}, STOPPED), []],
  ['waits for a configuration', desired({ web: [one] }, null), observed({}, STOPPED), []],
  ['starts HAProxy', desired({ web: [one] }), observed({}, STOPPED), ['start HAProxy with structure s1']],
  ['waits for HAProxy that is kept running', desired({ web: [one] }), observed({}, { running: null }), []],
  [
    'starts HAProxy with another file if it does not come up with this one',
    desired({ web: [one] }, 's2'),
    observed({}, { running: null }),
    ['start HAProxy with structure s2'],
  ],
  ['reloads for another structure', desired({ web: [] }, 's2'), observed({}), ['reload HAProxy with structure s2']],
  [
    'changes endpoints while a reload has to wait',
    desired({ web: [one] }, 's2'),
    observed({ web: {} }, { mayReload: false }),
    ['web: +10.0.0.1:80'],
  ],
  ['lets connections end before it stops', EMPTY, observed({}), ['reload HAProxy with structure s0']],
  ['stops without listeners when the last connections have ended', EMPTY, observed({}, {}, 's0'), ['stop HAProxy']],
  ['waits for the last connections', EMPTY, observed({}, { hasOld: true }, 's0'), []],
  [
    'writes the file when the servers are quiet',
    desired({ web: [] }),
    observed({}, { mayWrite: true }),
    ['write rules and servers to the configuration file'],
  ],
  [
    'adds and removes servers of all backends at once, new ones first',
    desired({ api: [two], web: [two] }),
    observed({ web: { '10.0.0.1:80': '1' }, api: {} }),
    ['web: +10.0.0.2:80 -10.0.0.1:80; api: +10.0.0.2:80'],
  ],
  [
    'weights a server and takes it back',
    desired({ web: [two] }),
    observed({ web: { '10.0.0.2:80': '1 out' } }),
    ['web: 10.0.0.2:80 weight 5 10.0.0.2:80 ready'],
  ],
  [
    'drains a server',
    desired({ web: [leaving] }),
    observed({ web: { '10.0.0.1:80': '1' } }),
    ['web: drain 10.0.0.1:80'],
  ],
  ['does not add a server that drains', desired({ web: [leaving] }), observed({ web: {} }), []],
  [
    'lets a drained server finish',
    desired({ web: [leaving] }),
    observed({ web: { '10.0.0.1:80': '1 out' } }, { out: out(90_000) }),
    [],
  ],
  [
    'closes the connections of a drained server at the timeout, once',
    desired({ web: [leaving] }),
    observed({ web: { '10.0.0.1:80': '1 out' } }, { out: out(80_000) }),
    ['web: close 10.0.0.1:80'],
  ],
  [
    'has closed them',
    desired({ web: [leaving] }),
    observed({ web: { '10.0.0.1:80': '1 out' } }, { out: out(80_000, { isShut: true }) }),
    [],
  ],
  [
    'tries a removal again when it is due',
    desired({ web: [] }),
    observed({ web: { '10.0.0.1:80': '1 out' } }, { out: out(90_000) }),
    ['web: -10.0.0.1:80'],
  ],
  [
    'does not try a removal again before',
    desired({ web: [] }),
    observed({ web: { '10.0.0.1:80': '1 out' } }, { out: out(90_000, { isDue: false }) }),
    [],
  ],
  [
    'forces a removal at the timeout',
    desired({ web: [] }),
    observed({ web: { '10.0.0.1:80': '1 out' } }, { out: out(80_000) }),
    ['web: -10.0.0.1:80 with its connections'],
  ],
  [
    'leaves alone what it does not know: backends of another structure and servers by name',
    {
      ...desired({}),
      table: table({
        listeners: [listener(80)],
        backends: [
          backend('new', { servers: [one] }),
          backend('web', { namedServers: [{ hostname: 'db.example', port: 80, weight: 1, service: 'shop/db' }] }),
        ],
      }),
    },
    observed({ web: { 'db.example:80': '1' }, own: { x: '1' } }),
    [],
  ],
])('plan() %s', (_what, want, has, changes) => {
  expect(lines(want, has)).toEqual(changes);
});

describe('plan() while a reload waits', () => {
  const USERS = { ...NO_RULE_OPTIONS, basicAuth: ['me:$5$x'] };
  const waiting = observed({ web: { '10.0.0.1:80': '1' } }, { mayReload: false });
  const wantedAs = (backends: readonly Backend[], rendered = backends): Desired => ({
    table: table({ listeners: [listener(80)], backends }),
    config: {
      ...config('s2'),
      backends: new Map(
        rendered.map(({ name, rule, options }) => [
          name,
          { rule, users: options.basicAuth, serverParameters: '', cookieKey: null, entry: name, spares: [] },
        ]),
      ),
    },
    certificates: new Map(),
  });

  test.each<[what: string, want: Desired, changes: readonly string[]]>([
    [
      'gives servers to the rule and not to the name',
      wantedAs([backend('web', { rule: 'api', servers: [one] }), backend('api', { rule: 'web', servers: [two] })]),
      ['web: +10.0.0.2:80 -10.0.0.1:80; api: +10.0.0.1:80'],
    ],
    [
      'adds no server without a password that it will need',
      wantedAs([backend('web', { servers: [one, two], options: USERS })]),
      [],
    ],
    [
      'takes servers of a backend away that gets a password',
      wantedAs([backend('web', { servers: [two], options: USERS })]),
      ['web: -10.0.0.1:80'],
    ],
    [
      'adds no server to a host that gets a password for a path',
      wantedAs([backend('web', { servers: [one, two] }), backend('new', { rule: 'web /admin', options: USERS })]),
      [],
    ],
    [
      'does so if the rule with the password is left out',
      wantedAs(
        [backend('web', { servers: [one, two] }), backend('new', { rule: 'web /admin', options: USERS })],
        [backend('web')],
      ),
      ['web: +10.0.0.2:80'],
    ],
    ['takes the servers of a rule away that is gone', wantedAs([backend('api')]), ['web: -10.0.0.1:80']],
    ['leaves them until the configuration is known', wantedAs([backend('api')], [backend('web')]), []],
  ])('%s', (_what, want, changes) => {
    expect(lines(want, waiting)).toEqual(changes);
  });
});

describe('plan() of rules', () => {
  /** `old.test` has the backend `old`, `new.test` comes. */
  function changesWith(spares: readonly string[], parts: { readonly mayChangeRules?: boolean } = {}) {
    const backends = new Map([
      ...RENDERED,
      ['new', { rule: 'new', users: [], serverParameters: '', cookieKey: null, entry: 'new/1', spares }],
    ]);
    const rules = new Map([['hosts-80', new Map([['new.test', 'new']])]]);
    const maps = new Map([
      ['hosts-80', new Map([['old.test', 'old']])],
      [
        'names',
        new Map([
          ['old', 'old/1'],
          ['spare', '-'],
        ]),
      ],
    ]);
    const has = observed({ old: { '10.0.0.9:80': '1' }, web: {} });
    const running = has.running && { ...has.running, config: { structure: 's1', backends, rules }, maps, ...parts };
    return lines(desired({ new: [one], web: [two] }), { ...has, running });
  }

  test('has sections and removed rules before servers, and new rules after theirs and before servers that go', () => {
    expect(changesWith(['spare'])).toEqual([
      'section spare for new',
      'new: +10.0.0.1:80',
      '+rule new.test',
      'web: +10.0.0.2:80',
      '-rule old.test',
      'old: -10.0.0.9:80',
    ]);
  });

  test('reloads if no section is left, and goes on with what needs none', () => {
    expect(changesWith(['old'])).toEqual([
      'web: +10.0.0.2:80',
      '-rule old.test',
      'old: -10.0.0.9:80',
      'reload HAProxy with structure s1',
    ]);
  });

  test('changes servers only while another worker may come', () => {
    expect(changesWith(['spare'], { mayChangeRules: false })).toEqual(['web: +10.0.0.2:80']);
  });
});

describe('plan() over a random walk', () => {
  const NAMES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];

  function applied(world: World, want: Desired): World {
    const next: Record<string, Record<string, string>> = { web: { ...world.web }, api: { ...world.api } };
    for (const change of plan(want, observed(world)).changes) {
      if (change.kind !== 'servers') continue;
      for (const { backend: name, servers } of change.backends)
        for (const one of servers) applyOne(next[name] ?? {}, one);
    }
    return next;
  }

  function applyOne(servers: Record<string, string>, change: ServerChange): void {
    const { name } = change;
    const [weight = '1'] = servers[name]?.split(' ') ?? [];
    if (change.kind === 'add') servers[name] = /weight (\d+)/.exec(change.arguments)?.[1] ?? '';
    if (change.kind === 'ready') servers[name] = weight;
    if (change.kind === 'drain') servers[name] = `${weight} out`;
    if (change.kind === 'weight') servers[name] = `${change.weight}${servers[name]?.endsWith('out') ? ' out' : ''}`;
    if (change.kind === 'remove') delete servers[name];
  }

  test('leaves nothing to plan, does not depend on the order, and has exactly the wanted servers that do not drain', () => {
    const random = createRandom(7);
    let world: World = { web: {}, api: {} };
    for (let step = 0; step < 300; step += 1) {
      const some = () =>
        NAMES.filter(() => random.below(10) < 6).map((address) =>
          server(address, 80, {
            weight: random.below(4),
            state: random.below(10) < 3 ? 'drain' : 'ready',
          }),
        );
      const servers = { web: some(), api: some() };
      const want = desired(servers);
      const reversed = desired({ api: servers.api.toReversed(), web: servers.web.toReversed() });
      const sorted = (all: readonly string[]) => all.flatMap((line) => line.split(/; | (?=[-+])/)).length;
      expect(sorted(lines(reversed, observed(world)))).toBe(sorted(lines(want, observed(world))));
      world = applied(world, want);
      expect(lines(want, observed(world, { out: allOut(world) }))).toEqual([]);
      const ready = servers.web
        .filter(({ state }) => state === 'ready')
        .map(({ name, weight }) => [name, String(weight)]);
      const has = Object.entries(world.web ?? {}).filter(([, text]) => !text.endsWith('out'));
      expect(Object.fromEntries(has)).toEqual(Object.fromEntries(ready));
    }
  });

  const allOut = (world: World): Observed['out'] =>
    new Map(
      Object.entries(world).flatMap(([name, all]) =>
        Object.keys(all).map((key) => [`${name}/${key}`, { sinceMs: 99_999, isDue: false, isShut: false }] as const),
      ),
    );
});

test('serverCommands() gives a new server its cookie before its first request, and reads back', () => {
  const change = plan(desired({ web: [one] }), observed({ web: { '10.0.0.9:80': '1' } })).changes[0];
  expect(change?.kind === 'servers' && change.backends.map(serverCommands)).toEqual([
    [
      'add server web/10.0.0.1:80 10.0.0.1:80 id 1482263895 weight 1 proto h2',
      'set dynamic-cookie-key backend web web',
      'enable server web/10.0.0.1:80',
      'set server web/10.0.0.9:80 state maint',
      'del server web/10.0.0.9:80',
      'show servers state web',
    ].join(';'),
  ]);
});
