import { describe, expect, test } from 'vitest';
import { formatExplanation } from '../../../cli/output/explanation.ts';
import { type Explanation, explain } from '../../../dns/index.ts';
import { TYPE } from '../../../dns/wire/codes.ts';
import { type Container, type HostState, VOTE_FACTS } from '../../../model/index.ts';
import { type HostView, viewOf } from '../../../view/index.ts';
import { at, BRIDGE, CHECK, container, declaration, host, links, snapshot, type World } from '../../view/world.ts';

const ID = 'abcdef0123456789';
const WORLD: World = {
  hosts: [host('a', { name: 'node1' }), host('b', { name: 'node2', address: '192.0.2.2', subnets: ['10.42.2.0/24'] })],
  containers: [
    container('web1', 'shop/web', '10.42.1.1', {
      name: 'shop-web-1',
      exposed: [{ port: 80, protocol: 'tcp' }],
      dns: ['9.9.9.9'],
    }),
    container('web2', 'shop/web', '10.42.2.1', { name: 'shop-web-2', hostId: 'b', labels: { 'drover.weight': '3' } }),
    container('web3', 'shop/web', '10.42.2.2', { name: 'shop-web-3', hostId: 'b', state: 'stopping' }),
    container('web4', 'shop/web', null, { name: 'shop-web-4', hostId: 'b', addresses: [at(BRIDGE, '172.17.0.4')] }),
    container(ID, 'db/mysql', '10.42.2.3', { name: 'db-mysql-1', hostId: 'b' }),
    container('guest', null, null, { name: 'guest', networkMode: 'container', networkFrom: 'web1' }),
    container('hosted', null, null, { name: 'hosted', networkMode: 'host' }),
    container('off', null, '10.42.1.9', { name: 'off', labels: { 'drover.dns': 'false' } }),
    container('stopped', null, null, { name: 'stopped', state: 'stopped' }),
    container('twin-a', null, '10.42.1.7', { name: 'twin', hostId: 'b' }),
    container('twin-b', null, '10.42.1.8', { name: 'twin', hostId: 'b' }),
  ],
  declarations: [
    declaration('shop/web', {
      links: links({ target: 'db/mysql', alias: 'database' }),
      options: { answers: 'one', dns: { prefer: 'local', ttl: 5 } },
    }),
    declaration('ext/site', { kind: 'externalService', hostname: 'www.example.com.', externalIps: ['203.0.113.1'] }),
    declaration('ext/loop', { kind: 'externalService', hostname: 'loop.ext.rancher.internal.' }),
    declaration('ext/alias', { kind: 'dnsService', links: links('ext/alias', 'no/such') }),
  ],
};

interface Asked {
  readonly from?: string | null;
  readonly world?: World;
  readonly view?: HostView;
  readonly search?: 'own' | 'every';
}

function why(
  question: string,
  { from = null, world = WORLD, view = viewOf(snapshot(world), 'a'), search = 'own' }: Asked = {},
): Explanation {
  const [name = '', type = 'A'] = question.split(' ');
  const settings = {
    metadataAddress: '169.254.169.250',
    search,
    ttlSeconds: 1,
    forward: {
      upstreams: ['192.0.2.53', '169.254.169.250', '[fd00::53]:5353'],
      rules: [
        { suffix: 'corp.example', upstreams: ['10.0.0.1'] },
        { suffix: 'secret.corp.example.', upstreams: [] },
      ],
      ourselves: [{ address: '169.254.169.250', port: 53 }],
    },
  };
  const explained = explain(view, { name, type: TYPE[type as keyof typeof TYPE], from }, settings);
  if (!explained.ok) throw new Error([explained.problem.subject, explained.problem.what].join(' '));
  return explained.value;
}

const NOW = Date.parse('2026-01-01T12:00:00Z');

describe('explain(), formatted', () => {
  test('an endpoint whose check fails, with what each host says, also if it is answered', () => {
    const failing = { startedAtMs: 5, health: 'unhealthy', ofDocker: null } as const;
    const hosts = ['a', 'b'].map((id) => host(id, { name: `node-${id}`, subnets: ['10.42.1.0/24'] }));
    const one = (id: string, address: string, changes: Partial<Container> = {}) =>
      container(id, 's/web', address, { ...failing, ...changes });
    const world = snapshot({
      hosts,
      containers: [
        one('w1', '10.42.1.1'),
        one('w3', '10.42.1.3', { state: 'stopped' }),
        one('w2', '10.42.1.2', { wasReady: false, ofDocker: 'unhealthy' }),
      ],
      declarations: [declaration('s/web', { healthCheck: CHECK })],
    });
    const vote = { startedAtMs: 5, up: false, wasUp: true, sinceMs: NOW - 12_000, text: 'Layer4 timeout' };
    const votes = new Map([['a/w1', vote]]);
    const withVotes = ([id, state]: [string, HostState]): [string, HostState] => [
      id,
      id === 'a' ? { ...state, facts: new Map([[VOTE_FACTS, votes]]) } : state,
    ];
    const view = viewOf({ ...world, hosts: new Map([...world.hosts].map(withVotes)) }, 'a');
    const rows = (name: string) => {
      const text = formatExplanation(why(name, { view }), NOW);
      return text.slice(text.indexOf('Endpoints:'));
    };
    expect(rows('web.s')).toMatchInlineSnapshot(`
      "Endpoints:
        ENDPOINT  HOST    ADDRESS    ANSWERED  WHY
        w1        node-a  10.42.1.1  yes       its check fails; answered because no endpoint is ready (node-a: down for 12 s (Layer4 timeout); node-b: no result yet)
        w2        node-a  10.42.1.2  no        starting or running; its check fails and it was never ready (node-a: no result yet; node-b: no result yet; Docker: down)
        w3        node-a  10.42.1.3  no        created, restarting or stopped"
    `);
    expect(rows('w1')).toMatchInlineSnapshot(`
      "Endpoints:
        ENDPOINT  HOST    ADDRESS    ANSWERED  WHY
        w1        node-a  10.42.1.1  yes       starting or running; was ready since its start, its check fails now (node-a: down for 12 s (Layer4 timeout); node-b: no result yet)"
    `);
  });

  test('a service, its scope, its endpoints and why each is answered or not', () => {
    expect(`\n${formatExplanation(why('web', { from: 'shop-web-1' }), NOW)}\n`).toBe(`
web A, asked by shop-web-1 (10.42.1.1) on node1, revision 1

NOERROR: the only address
  web 5 A 10.42.1.1

Search list: web.shop.rancher.internal shop.rancher.internal rancher.internal
Links of the container:
  database -> service db/mysql
  database.db -> service db/mysql
Resolvers of the container: 9.9.9.9

The search list is used: it is a single label. Names tried below the suffix:
  NAME                RESULT
  web.web.shop        no such name
  web.shop      used  service shop/web

A program in the container sends these queries, by the search list in resolv.conf:
  QUERY                          ANSWER
  web.web.shop.rancher.internal  NXDOMAIN
  web.shop.rancher.internal      10.42.1.1

Endpoints:
  ENDPOINT    HOST   ADDRESS    WEIGHT  ANSWERED  WHY
  shop-web-1  node1  10.42.1.1  1       yes       starting or running; healthy, or no check is declared
  shop-web-2  node2  10.42.2.1  3       no        ready, but on another host; the service prefers local endpoints
  shop-web-3  node2  10.42.2.2  1       no        stopping: it was sent its stop signal
  shop-web-4  node2  -          1       no        its network net-bridge is reachable from node2 only, and it publishes no port: no shared network; attach both to \`net-managed\`
`);
  });

  test('an external name: the upstreams in order', () => {
    expect(`\n${formatExplanation(why('www.example.com', { from: '10.42.1.1' }), NOW)}\n`).toBe(
      `
www.example.com A, asked by shop-web-1 (10.42.1.1) on node1, revision 1

Forwarded: the name is not one of ours

Upstreams for www.example.com, in this order (the container's own resolvers, then those of the host):
  9.9.9.9:53
  192.0.2.53:53
  [fd00::53]:5353

Search list: web.shop.rancher.internal shop.rancher.internal rancher.internal
Links of the container:
  database -> service db/mysql
  database.db -> service db/mysql
Resolvers of the container: 9.9.9.9

The search list is not used: names in .com belong to the Internet, whatever the names of the stacks.
`,
    );
  });

  test('a missing name: the names that were tried', () => {
    expect(`\n${formatExplanation(why('nosuch', { from: 'db-mysql-1' }), NOW)}\n`).toBe(`
nosuch A, asked by db-mysql-1 (10.42.2.3) on node2, revision 1

NXDOMAIN: the name does not exist; it is not forwarded

Search list: mysql.db.rancher.internal db.rancher.internal rancher.internal

The search list is used: it is a single label. Names tried below the suffix:
  NAME             RESULT
  nosuch.mysql.db  no such name
  nosuch.db        no such name
  nosuch           no such name

A program in the container sends these queries, by the search list in resolv.conf:
  QUERY                             ANSWER
  nosuch.mysql.db.rancher.internal  NXDOMAIN
  nosuch.db.rancher.internal        NXDOMAIN
  nosuch.rancher.internal           NXDOMAIN
  nosuch                            NXDOMAIN

Note: it runs on node2: this is the answer of that host, as far as this host knows its state
`);
  });
});

describe('explain()', () => {
  test.each<[string, Asked, string, string]>([
    ['web.shop', {}, 'NOERROR', 'the only address'],
    ['all.web.shop', {}, 'NOERROR', 'all of these addresses, in rotation by weight'],
    ['web.shop AAAA', {}, 'NOERROR', 'the name exists but has no AAAA records'],
    ['web.shop ANY', {}, 'NOERROR', 'ANY does not list its records'],
    ['web.shop SRV', {}, 'NOERROR', 'the ports of its endpoints'],
    ['site.ext CNAME', {}, 'NOERROR', 'an alias for www.example.com.'],
    ['site.ext', {}, 'null', 'without an answer: 203.0.113.1'],
    ['loop.ext', {}, 'SERVFAIL', 'form a loop'],
    ['rancher.internal NS', {}, 'NOERROR', 'the suffix itself'],
    ['1.1.42.10.in-addr.arpa PTR', {}, 'NOERROR', '10.42.1.1 is the address of shop-web-1.rancher.internal.'],
    ['nosuch', { world: { ...WORLD, complete: false } }, 'SERVFAIL', 'the first complete snapshot'],
    ['x.corp.example', {}, 'null', 'not one of ours'],
  ])('%s %j: %s, %s', (question, asked, rcode, meaning) => {
    const { reply } = why(question, asked);
    expect([String(reply.rcode), reply.meaning]).toEqual([rcode, expect.stringContaining(meaning)]);
  });

  test.each<[string, string | null, string | null]>([
    ['webb', '10.42.1.1', 'web'],
    ['wbe', 'db-mysql-1', null],
    ['web', 'db-mysql-1', 'web.shop'],
    ['databse', '10.42.1.1', 'database'],
    ['web.shp', null, 'web.shop'],
    ['wbe.shop', null, 'web.shop'],
    ['web.shp.rancher.internal', null, 'web.shop.rancher.internal'],
    ['shop-web-11', null, 'shop-web-1'],
    ['www.example.com', null, null],
    ['nosuch', null, null],
    ['web.shop', null, null],
  ])('%s, asked by %s: did you mean %s?', (name, from, expected) => {
    const explanation = why(name, { from });
    expect(explanation.suggestion).toBe(expected);
    const text = formatExplanation(explanation, NOW);
    if (expected === null) expect(text).not.toContain('Did you mean');
    else expect(text).toContain(`Did you mean ${expected}?`);
  });

  test.each([
    ['stre.front', 'store.front'],
    ['store.frnt', 'store.front'],
    ['stor.frot', 'store.front'],
    ['nosuch.front', null],
    ['www.example.com', null],
  ])('%s, asked by a container on the network front: did you mean %s?', (name, expected) => {
    const addresses = [{ ...at(BRIDGE, '172.18.0.2'), networkName: 'front', aliases: ['store'] }];
    const world = { containers: [container('c1', null, null, { addresses })] };
    expect(why(name, { from: 'c1', world }).suggestion).toBe(expected);
  });

  test.each<[string, readonly string[]]>([
    ['web.', []],
    ['web.shop', ['web.shop: 10.42.1.1']],
    ['www.example.com', ['www.example.com: forwarded']],
    [
      'database',
      [
        'database.web.shop.rancher.internal: NXDOMAIN',
        'database.shop.rancher.internal: NXDOMAIN',
        'database.rancher.internal: 10.42.2.3',
      ],
    ],
  ])('what a program in a container sends for %s', (name, expected) => {
    const { queries } = why(name, { from: '10.42.1.1' });
    expect(queries.map(({ name: one, result }) => `${one}: ${result}`)).toEqual(expected);
    expect(why(name).queries).toEqual([]);
  });

  test('a name of Docker: why each container with it is answered or not', () => {
    const on = (id: string, changes: Partial<Container>) =>
      container(id, null, null, {
        addresses: [{ ...at(BRIDGE, `172.18.0.${id.slice(1)}`), networkName: 'front', aliases: ['store'] }],
        ...changes,
      });
    const containers = [
      on('c1', {}),
      on('c2', {}),
      on('c3', { health: 'unhealthy', wasReady: false }),
      on('c4', { state: 'stopping' }),
      on('c5', { addresses: [{ ...at(BRIDGE, null), networkName: 'front', aliases: ['store'] }] }),
    ];
    const { endpoints } = why('store', { from: 'c1', world: { containers } });
    expect(endpoints.map(({ container: one, given, reason }) => `${one} ${given ? 'yes' : 'no'}: ${reason}`)).toEqual([
      'c1 yes: starting or running; healthy, or no check is declared',
      'c2 yes: starting or running; healthy, or no check is declared',
      'c3 no: starting or running; its check fails and it was never ready',
      'c4 no: stopping: it was sent its stop signal',
      'c5 no: it has no address on the network (running)',
    ]);
  });

  test.each<[string, string | null, Partial<Explanation['asker']>, string]>([
    ['anybody', null, { label: 'anybody', address: null }, ''],
    ['an address', '10.42.1.1', { label: 'shop-web-1', address: '10.42.1.1' }, ''],
    ['a mapped address', '::ffff:10.42.1.1', { label: 'shop-web-1', address: '10.42.1.1' }, ''],
    ['the id', ID.slice(0, 8), { label: 'db-mysql-1' }, 'it runs on node2'],
    ['a guest', 'guest', { label: 'shop-web-1' }, 'shares the network of shop-web-1'],
    ['one with the host’s network', 'hosted', { label: 'anybody' }, "has its host's network"],
    ['one that is down', 'stopped', { label: 'stopped', address: null }, 'has no address now (stopped)'],
    ['one that is exempt', 'off', { label: 'off' }, 'its resolv.conf is not changed'],
    ['an unknown local address', '10.42.1.200', { label: 'anybody' }, 'no container is known to have it'],
    ['an address outside', '198.51.100.1', { label: 'anybody' }, 'it gets the default answers'],
  ])('from %s', (_, from, asker, note) => {
    const { asker: found, notes } = why('web.shop', { from });
    expect(found).toMatchObject(asker);
    expect(notes.join('; ')).toContain(note);
  });

  test('an unknown container name, and an ambiguous one', () => {
    expect(() => why('web', { from: 'nosuch' })).toThrow('container nosuch is not known on any host');
    expect(() => why('web', { from: 'twin' })).toThrow('could be twin (twin-a on node2), twin (twin-b on node2)');
  });

  test.each([
    ['web..shop', 'has an empty label'],
    ['.shop', 'has an empty label'],
    ['web.shop..', 'has an empty label'],
    ['x'.repeat(64), 'has a label of 64 characters'],
    [`${'abcdefg.'.repeat(32)}shop`, 'has 260 characters'],
  ])('a name that no query can have is refused: %s', (name, what) => {
    expect(() => why(name)).toThrow(what);
  });

  test('the root is forwarded, and named', () => {
    for (const name of ['.', ''])
      expect(formatExplanation(why(name), NOW)).toMatch(/^Upstreams for \., in this order/m);
  });

  test.each<[string, readonly string[], string]>([
    ['x.corp.example', ['10.0.0.1:53'], 'a dns.forward rule matches names below corp.example'],
    ['x.secret.corp.example', [], 'a dns.forward rule without resolvers matches names below secret.corp.example.'],
    ['localhost', [], 'loopback name'],
    ['printer.test', [], 'reserved name'],
    ['www.example.org', ['192.0.2.53:53', '[fd00::53]:5353'], "the host's resolvers"],
  ])('%s goes to %j: %s', (name, upstreams, reason) => {
    const { forward } = why(name);
    expect(forward).toMatchObject({ name, upstreams, reason: expect.stringContaining(reason) });
  });

  test.each<[string, Partial<Explanation['search']>]>([
    ['web.shop.drover.internal', { suffix: 'drover.internal', applies: false }],
    ['web', { applies: true, reason: 'it is a single label' }],
    ['all.web', { applies: true, reason: 'as to web, it is a single label' }],
    ['web.shop', { applies: true, reason: 'it ends in the name of stack shop' }],
    ['google.com', { applies: false }],
    ['a.example', { applies: false, reason: 'it has dots, and example is not a stack' }],
    ['1.1.42.10.in-addr.arpa', { applies: false, reason: 'it is a reverse lookup' }],
  ])('the search for %s: %j', (name, search) => {
    expect(why(name).search).toMatchObject(search);
  });

  test('in compatibility mode the search list applies to every name', () => {
    expect(why('a.example', { search: 'every' }).search).toMatchObject({ applies: true });
    expect(why('a.example', { search: 'every' }).tried.map(({ relative }) => relative)).toEqual(['a.example']);
  });

  test('problems of an alias are in the notes', () => {
    expect(why('alias.ext').notes).toEqual([
      'ext/alias: ext/alias is in the alias already',
      'ext/alias: there is no service no/such to stand for',
    ]);
  });

  test('an endpoint without an address of the requested family says so', () => {
    expect(why('all.web.shop AAAA').endpoints[0]).toMatchObject({ given: false, reason: 'it has no IPv6 address' });
  });
});
