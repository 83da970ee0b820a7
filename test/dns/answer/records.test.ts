import { describe, expect, test } from 'vitest';
import { resolve } from '../../../dns/answer/resolve.ts';
import type { ResolveOptions } from '../../../dns/answer/resolve-context.ts';
import { TYPE } from '../../../dns/wire/codes.ts';
import type { Container, PublishedPort } from '../../../model/index.ts';
import { scopeOf, viewOf } from '../../../view/index.ts';
import {
  at,
  BRIDGE,
  container,
  declaration,
  host,
  links,
  MANAGED,
  network,
  snapshot,
  type World,
} from '../../view/world.ts';

const METADATA = '169.254.169.250';

function published(containerPort: number, hostPort: number, protocol: 'tcp' | 'udp' = 'tcp'): PublishedPort {
  return { hostAddress: '0.0.0.0', hostPort, containerPort, protocol };
}

const WEB = container('web1', 'shop/web', '10.42.1.1', {
  name: 'shop-web-1',
  exposed: [
    { port: 80, protocol: 'tcp' },
    { port: 53, protocol: 'udp' },
  ],
  labels: { 'drover.port.http': '80' },
});

/** The containers of one Compose file on two hosts. */
const TWIN = { name: 'twin-api-1', ports: [published(8080, 18080)] };

const WORLD: World = {
  hosts: [
    host('a', { name: 'Node1' }),
    host('b', { name: 'node2', address: '192.0.2.2' }),
    host('c', { address: 'fd00::3' }),
  ],
  networks: [network('a', 'six'), network('a', 'seven')],
  containers: [
    WEB,
    container('web2', 'shop/web', '10.42.2.1', { name: 'shop-web-2', hostId: 'b', exposed: WEB.exposed }),
    container('web3', 'shop/web', '10.42.2.9', { name: 'shop-web-3', hostId: 'b', state: 'stopping' }),
    container('api1', 'twin/api', '10.42.1.5', TWIN),
    container('api2', 'twin/api', null, { ...TWIN, hostId: 'b', addresses: [at(BRIDGE, '172.17.0.5')] }),
    container('down', 'shop/down', null, { state: 'stopped', exposed: [{ port: 1, protocol: 'tcp' }] }),
    container('both', 'v6/both', null, { addresses: [at(MANAGED, '10.42.1.6', 'fd42::6')] }),
    container('apart', 'v6/apart', null, { addresses: [at(MANAGED, '10.42.1.7'), at('six', null, 'fd06::7')] }),
    container('all', 'odd/web/all', '10.42.1.8', { name: 'odd-all' }),
    container('odd', 'odd/web', '10.42.1.9', { name: 'odd-web' }),
  ],
  declarations: [
    declaration('shop/web', { ports: ['127.0.0.1:8443:443', '9000-9001'], expose: ['70000', 'x'] }),
    declaration('shop/lb', { kind: 'loadBalancerService' }),
    declaration('ext/db', { kind: 'externalService', externalIps: ['203.0.113.1', '203.0.113.2'], expose: ['5432'] }),
    declaration('ext/site', { kind: 'externalService', hostname: 'www.example.com.' }),
    declaration('ext/alias', { kind: 'dnsService', links: links('shop/web', 'ext/db', 'ext/alias') }),
    declaration('ext/txt', {
      kind: 'externalService',
      externalIps: ['203.0.113.9'],
      options: { dns: { txt: ['v=1', 'second'], ttl: 60 } },
    }),
  ],
};

interface Asked {
  readonly asker?: Container | null;
  readonly world?: World;
  readonly options?: Partial<ResolveOptions>;
}

function ask(question: string, { asker = null, world = WORLD, options = {} }: Asked = {}) {
  const [name = '', type = 'A'] = question.split(' ');
  const view = viewOf(snapshot(world), 'a');
  const asked = { name, type: TYPE[type as keyof typeof TYPE] };
  return resolve(view, scopeOf(view, asker), asked, { metadataAddress: METADATA, ...options });
}

/** Addresses, or one record a line, or the kind of resolution. */
function line(question: string, asked: Asked = {}): string {
  const found = ask(question, asked);
  switch (found.kind) {
    case 'addresses':
      return found.addresses.join(' ');
    case 'services':
      return found.services
        .map(
          ({ priority, weight, port, target }) =>
            `${priority} ${weight} ${port} ${target.replace('.rancher.internal.', '')}`,
        )
        .join(', ');
    case 'texts':
      return `${found.texts.join('|')} ttl ${found.ttlSeconds}`;
    case 'name-server':
      return `${found.target} ${found.addresses.join(' ')}`;
    case 'pointer':
      return found.target;
    default:
      return found.kind;
  }
}

describe('SRV', () => {
  test.each([
    ['_80._tcp.web.shop SRV', '0 1 80 shop-web-1, 0 1 80 shop-web-2'],
    ['_HTTP._tcp.web.shop.rancher.internal SRV', '0 1 80 shop-web-1'],
    ['_53._udp.web.shop SRV', '0 1 53 shop-web-1, 0 1 53 shop-web-2'],
    ['_443._tcp.web.shop SRV', '0 1 443 shop-web-1, 0 1 443 shop-web-2'],
    ['_9001._tcp.web.shop SRV', '0 1 9001 shop-web-1, 0 1 9001 shop-web-2'],
    ['_53._tcp.web.shop.rancher.internal SRV', 'nxdomain'],
    ['_smtp._tcp.web.shop.rancher.internal SRV', 'nxdomain'],
    ['_70000._tcp.web.shop.rancher.internal SRV', 'nxdomain'],
    ['_80._quic.web.shop.rancher.internal SRV', 'nxdomain'],
    ['_80._tcp.web.shop A', 'nodata'],
    ['_tcp.web.shop.rancher.internal SRV', 'nodata'],
    ['_sctp.web.shop.rancher.internal SRV', 'nxdomain'],
    ['_tcp.rancher.internal SRV', 'nxdomain'],
    ['_80._tcp.nosuch.shop.rancher.internal SRV', 'nxdomain'],
    // A published port has the host's number; two containers with one name have names with their hosts.
    ['_8080._tcp.api.twin SRV', '0 1 8080 twin-api-1.node1.host'],
    ['twin-api-1.node1.host.rancher.internal', '10.42.1.5'],
    ['twin-api-1.node2.host.rancher.internal', '192.0.2.2'],
    ['nosuch.node2.host.rancher.internal', 'nxdomain'],
    // An external service has no containers, so the target is the service.
    ['_5432._tcp.db.ext SRV', '0 1 5432 db.ext'],
    ['db.ext SRV', '0 1 5432 db.ext'],
    // By an alias, and for all ports.
    ['_5432._tcp.alias.ext SRV', '0 1 5432 db.ext'],
    ['_80._tcp.alias.ext SRV', '0 1 80 shop-web-1, 0 1 80 shop-web-2'],
    [
      'shop-web-1 SRV',
      '0 1 53 shop-web-1, 0 1 80 shop-web-1, 0 1 443 shop-web-1, 0 1 9000 shop-web-1, 0 1 9001 shop-web-1',
    ],
    ['_http._tcp.shop-web-1 SRV', '0 1 80 shop-web-1'],
    ['lb.shop SRV', 'nodata'],
    ['down.shop SRV', 'nodata'],
    ['_1._tcp.down.shop SRV', 'nodata'],
    ['_80._tcp.site.ext.rancher.internal SRV', 'nxdomain'],
  ])('%s -> %s', (question, expected) => {
    expect(line(question)).toBe(expected);
  });

  test('by the name of the service: every port of every endpoint', () => {
    expect(line('web.shop SRV').split(', ')).toEqual([
      ...['53', '80', '443', '9000', '9001'].map((port) => `0 1 ${port} shop-web-1`),
      ...['53', '80', '443', '9000', '9001'].map((port) => `0 1 ${port} shop-web-2`),
    ]);
  });

  test('a port that is only published has its published number', () => {
    const containers = (WORLD.containers ?? []).filter(({ id }) => id !== 'api1');
    expect(line('_8080._tcp.api.twin SRV', { world: { ...WORLD, containers } })).toBe('0 1 18080 twin-api-1');
  });

  test('the additional section has the addresses of the targets, of both families', () => {
    const exposed = [{ port: 80, protocol: 'tcp' }] as const;
    const made = container('both', 'v6/both', null, { addresses: [at(MANAGED, '10.42.1.6', 'fd42::6')], exposed });
    const found = ask('_80._tcp.both.v6 SRV', { world: { containers: [made] } });
    expect(found).toMatchObject({
      services: [{ target: 'both.rancher.internal.' }],
      additional: [
        { name: 'both.rancher.internal', address: '10.42.1.6' },
        { name: 'both.rancher.internal', address: 'fd42::6' },
      ],
    });
  });

  test('every target resolves to the addresses in the additional section', () => {
    for (const question of ['web.shop SRV', 'api.twin SRV', 'alias.ext SRV', 'db.ext SRV']) {
      const found = ask(question);
      if (found.kind !== 'services') throw new Error(question);
      for (const { name, address } of found.additional) expect(line(name).split(' ')).toContain(address);
    }
  });
});

describe('all.', () => {
  const one = { options: { answers: 'one', dns: { prefer: 'local' } } } as const;
  const world = { ...WORLD, declarations: [...(WORLD.declarations ?? []), declaration('shop/web', one)] };

  test.each([
    ['web.shop', '10.42.1.1'],
    ['all.web.shop', '10.42.1.1 10.42.2.1'],
    ['all.web.shop.rancher.internal', '10.42.1.1 10.42.2.1'],
    ['ALL.web.shop.drover.internal', '10.42.1.1 10.42.2.1'],
    ['all.alias.ext', '10.42.1.1 10.42.2.1 203.0.113.1 203.0.113.2'],
    ['all.site.ext', 'upstream-alias'],
    ['all.nosuch.shop.rancher.internal', 'nxdomain'],
    ['all.shop-web-1.rancher.internal', 'nxdomain'],
    ['all.shop.rancher.internal', 'nxdomain'],
    ['all.all.web.shop.rancher.internal', 'nxdomain'],
    // A sidekick with that name.
    ['all.web.odd', '10.42.1.8'],
    ['all.com', 'forward'],
    ['all.web', 'forward'],
    ['all', 'nxdomain'],
  ])('%s -> %s', (question, expected) => {
    expect(line(question, { world })).toBe(expected);
  });

  test('by scope', () => {
    expect(line('all.web', { asker: WEB, world })).toBe('10.42.1.1 10.42.2.1');
    expect(line('_http._tcp.web SRV', { asker: WEB, world })).toBe('0 1 80 shop-web-1');
    expect(ask('all.web', { asker: WEB, world })).toMatchObject({ give: 'all', turn: 'all shop/web' });
    expect(ask('web', { asker: WEB, world })).toMatchObject({ give: 'one', turn: 'shop/web' });
  });
});

describe('hosts, the apex and texts', () => {
  test.each([
    ['node1.host.rancher.internal', '192.0.2.1'],
    ['NODE1.HOST.drover.internal', '192.0.2.1'],
    ['node1.host.rancher.internal AAAA', 'nodata'],
    ['c.host.rancher.internal AAAA', 'fd00::3'],
    ['c.host.rancher.internal A', 'nodata'],
    ['host.rancher.internal', 'nodata'],
    ['nosuch.host.rancher.internal', 'nxdomain'],
    ['node1.host', 'forward'],
    ['1.2.0.192.in-addr.arpa PTR', 'node1.host.rancher.internal.'],
    ['rancher.internal NS', `rancher-metadata.rancher.internal. ${METADATA}`],
    ['drover.internal NS', `rancher-metadata.drover.internal. ${METADATA}`],
    ['rancher.internal SOA', 'soa'],
    ['shop.rancher.internal NS', 'nodata'],
    ['txt.ext TXT', 'v=1|second ttl 60'],
    ['txt.ext', '203.0.113.9'],
    ['web.shop TXT', 'nodata'],
    ['_80._tcp.web.shop TXT', 'nodata'],
  ])('%s -> %s', (question, expected) => {
    expect(line(question)).toBe(expected);
  });
});

describe('AAAA', () => {
  test.each([
    ['both.v6', '10.42.1.6'],
    ['both.v6 AAAA', 'fd42::6'],
    ['both AAAA', 'fd42::6'],
    ['apart.v6', '10.42.1.7'],
    ['apart.v6 AAAA', 'fd06::7'],
  ])('%s -> %s', (question, expected) => {
    expect(line(question)).toBe(expected);
  });

  test('no address of a bridge that the asker is not attached to', () => {
    const asker = (networkId: string) =>
      container('asker', null, null, { addresses: [at(networkId, '172.19.0.9'), at(MANAGED, '10.42.1.99')] });
    const asked = (networkId: string) => {
      const made = asker(networkId);
      const world = { ...WORLD, containers: [...(WORLD.containers ?? []), made] };
      return line('apart.v6 AAAA', { asker: made, world });
    };
    expect([asked('six'), asked('seven')]).toEqual(['fd06::7', 'nodata']);
  });
});

describe('options', () => {
  const four = (changes: Partial<Container> = {}, labels: Readonly<Record<string, string>>[] = []) =>
    [1, 2, 3, 4].map((at) =>
      container(`c${at}`, 's/web', `10.42.1.${at}`, {
        createdAtMs: at,
        hostId: at > 2 ? 'b' : 'a',
        labels: labels[at - 1] ?? {},
        ...changes,
      }),
    );

  test('default: all addresses, the server’s TTL, equal weights', () => {
    expect(ask('web.s', { world: { containers: four() } })).toMatchObject({
      addresses: ['10.42.1.1', '10.42.1.2', '10.42.1.3', '10.42.1.4'],
      give: 'all',
      ttlSeconds: null,
      weights: null,
    });
  });

  test('labels of the newest container; the declaration and its options take precedence', () => {
    const labels = [{ 'drover.answers': 'all' }, {}, {}, { 'drover.answers': 'one', 'drover.dns.ttl': '7' }];
    const containers = four({}, labels);
    expect(ask('web.s', { world: { containers } })).toMatchObject({ give: 'one', ttlSeconds: 7 });
    const labelled = declaration('s/web', { labels: { 'drover.dns.ttl': '8', 'drover.answers': 'rubbish' } });
    expect(ask('web.s', { world: { containers, declarations: [labelled] } })).toMatchObject({
      give: 'one',
      ttlSeconds: 8,
    });
    const declared = declaration('s/web', { ...labelled, options: { answers: 'all', dns: { ttl: 9 } } });
    expect(ask('web.s', { world: { containers, declarations: [declared] } })).toMatchObject({
      give: 'all',
      ttlSeconds: 9,
    });
  });

  test('weights: a container’s own before its service’s; equal weights are omitted', () => {
    const containers = four({}, [{ 'drover.weight': '5' }, { 'drover.weight': '0' }]);
    const weighed = declaration('s/web', { options: { weight: 2 } });
    expect(ask('web.s', { world: { containers } })).toMatchObject({ weights: [5, 0, 1, 1] });
    expect(ask('web.s', { world: { containers, declarations: [weighed] } })).toMatchObject({ weights: [5, 0, 2, 2] });
    expect(ask('web.s', { world: { containers: four(), declarations: [weighed] } })).toMatchObject({ weights: null });
  });

  test('weights of two services behind an alias', () => {
    const declarations = [
      declaration('s/old', { options: { weight: 9 }, kind: 'externalService', externalIps: ['203.0.113.1'] }),
      declaration('s/new', { kind: 'externalService', externalIps: ['203.0.113.2'] }),
      declaration('s/web', { kind: 'dnsService', links: links('s/old', 's/new'), options: { answers: 'one' } }),
    ];
    expect(ask('web.s', { world: { declarations } })).toMatchObject({ give: 'one', weights: [9, 1] });
  });

  test('prefer: local, while a local endpoint is ready; SRV lists the others with lower priority', () => {
    const local = declaration('s/web', { options: { dns: { prefer: 'local' } }, expose: ['80'] });
    const declarations = [local];
    expect(line('web.s', { world: { containers: four(), declarations } })).toBe('10.42.1.1 10.42.1.2');
    expect(line('all.web.s', { world: { containers: four(), declarations } })).toContain('10.42.1.3 10.42.1.4');
    expect(line('_80._tcp.web.s SRV', { world: { containers: four(), declarations } })).toBe(
      '0 1 80 c1, 0 1 80 c2, 1 1 80 c3, 1 1 80 c4',
    );
    const gone = four().map((one) => (one.hostId === 'a' ? { ...one, state: 'stopping' as const } : one));
    expect(line('web.s', { world: { containers: gone, declarations } })).toBe('10.42.1.3 10.42.1.4');
  });

  test('each record of a chain has the TTL of its own service', () => {
    const options = (ttl: number) => ({ options: { dns: { ttl } } });
    const external = { kind: 'externalService' } as const;
    const declarations = [
      declaration('s/one', { ...external, hostname: 'two.s.rancher.internal.', ...options(30) }),
      declaration('s/two', { ...external, hostname: 'three.s.rancher.internal.' }),
      declaration('s/three', { ...external, externalIps: ['203.0.113.1'], ...options(5) }),
      declaration('s/far', { ...external, hostname: 'www.example.com.', externalIps: ['203.0.113.1'], ...options(20) }),
    ];
    const ttls = (question: string) => {
      const found = ask(question, { world: { declarations } });
      const own = 'aliases' in found ? found.aliases.map(({ ttlSeconds }) => ttlSeconds) : [];
      return [...own, 'ttlSeconds' in found ? found.ttlSeconds : undefined];
    };
    expect(ttls('one.s')).toEqual([30, null, 5]);
    expect(ttls('far.s')).toEqual([20, 20]);
    expect(ttls('one.s CNAME')).toEqual([30]);
  });
});

describe('the compatibility mode of the search list', () => {
  const world = {
    containers: [container('c1', 'com/google', '10.42.1.1'), container('c2', null, '10.42.1.2', { name: 'a.b.c' })],
  };

  test.each([
    ['google.com', 'forward', '10.42.1.1'],
    ['a.b.c', 'forward', '10.42.1.2'],
    ['www.example.com', 'forward', 'forward'],
    ['nosuch', 'nxdomain', 'nxdomain'],
    ['google.com.rancher.internal', '10.42.1.1', '10.42.1.1'],
  ])('%s: %s, in the mode %s', (question, usually, every) => {
    expect(line(question, { world })).toBe(usually);
    expect(line(question, { world, options: { search: 'every' } })).toBe(every);
  });
});
