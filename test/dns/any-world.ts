import fc from 'fast-check';
import type { Container, ServiceDeclaration, ServiceKind } from '../../model/index.ts';
import { at, BRIDGE, container, declaration, host, MANAGED, network, type World } from '../view/world.ts';

/** Few labels, shared by stacks, services, links, hosts and public domains, so that names collide. */
const STACKS = ['shop', 'db', 'com', 'host', 'all'] as const;
const SERVICES = ['web', 'all', 'db', 'a.b', 'shop'] as const;
const NAMES = ['web', 'one', 'ONE', 'my.one', 'web.shop', 'one.a.host', 'rancher-metadata', 'x'.repeat(64)] as const;
const LABELS = ['drover.answers', 'drover.dns.prefer', 'drover.dns.ttl', 'drover.weight', 'drover.port.http'] as const;
const VALUES = ['one', 'all', 'local', '5', '0', '80', 'rubbish'] as const;
const TARGETS = [
  ...['web.shop', 'db.shop', 'one.shop', 'web.db', 'all.web.shop', 'a.b.com', 'one', ''].map(
    (name) => `${name}.rancher.internal.`,
  ),
  'www.example.com.',
  'web.shop.',
] as const;

const anyKey = fc.tuple(fc.constantFrom(...STACKS), fc.constantFrom(...SERVICES)).map((parts) => parts.join('/'));

/** Addresses of host `a` are this machine's own loopback, so that a test can ask from them; IPv6 is never a source address. */
const anyContainer = fc.record({
  hostId: fc.constantFrom('a', 'a', 'b'),
  service: fc.option(fc.tuple(anyKey, fc.option(fc.constantFrom('log', 'web'))), { freq: 4 }),
  name: fc.constantFrom(...NAMES),
  state: fc.constantFrom<Container['state'][]>(
    'running',
    'running',
    'running',
    'starting',
    'stopping',
    'stopped',
    'paused',
  ),
  health: fc.constantFrom<Container['health'][]>(null, null, 'healthy', 'unhealthy', 'initializing'),
  wasReady: fc.boolean(),
  networks: fc.subarray([BRIDGE, MANAGED, 'six'] as const),
  mode: fc.constantFrom<Container['networkMode'][]>('bridge', 'bridge', 'bridge', 'host', 'container'),
  label: fc.option(fc.tuple(fc.constantFrom(...LABELS), fc.constantFrom(...VALUES))),
  port: fc.option(fc.constantFrom(80, 53)),
  link: fc.option(fc.constantFrom('web', 'one', 'shop')),
  alias: fc.option(fc.constantFrom('web', 'db', 'shop', 'my.one', 'www.example', 'nosuch')),
});

type Given = typeof anyContainer extends fc.Arbitrary<infer G> ? G : never;

function made(given: Given, index: number): Container {
  const { hostId, service, name, state, health, wasReady, networks, mode, label, port, link, alias } = given;
  const key = service && [service[0], ...(service[1] ? [service[1]] : [])].join('/');
  const addresses = networks.map((id, n) => {
    const four = `127.${hostId === 'a' ? 1 : 2}.${index}.${n + 1}`;
    const address =
      id === 'six' ? at(id, null, `fd06::${index + 1}`) : at(id, four, n === 1 ? `fd42::${index + 1}` : null);
    return alias ? { ...address, aliases: [alias] } : address;
  });
  return container(`c${index}`, key, null, {
    hostId,
    name,
    state,
    health,
    wasReady,
    addresses: mode === 'bridge' ? addresses : [],
    networkMode: mode,
    networkFrom: mode === 'container' ? `c${index - 1}` : null,
    labels: label ? { [label[0]]: label[1] } : {},
    exposed: port ? [{ port, protocol: port === 53 ? 'udp' : 'tcp' }] : [],
    ports: port === 80 ? [{ hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' }] : [],
    links: link ? { [link]: `c${index + 1}` } : {},
    createdAtMs: index,
  });
}

const anyDeclaration: fc.Arbitrary<ServiceDeclaration> = fc
  .record({
    key: anyKey,
    kind: fc.constantFrom<ServiceKind[]>(
      'service',
      'externalService',
      'externalService',
      'dnsService',
      'loadBalancerService',
    ),
    externalIps: fc.subarray(['203.0.113.1', '10.9.9.9', '2001:db8::9'] as const),
    hostname: fc.option(fc.constantFrom(...TARGETS), { freq: 2 }),
    links: fc.array(fc.record({ target: anyKey, alias: fc.constantFrom('', 'web', 'one', 'www', 'a.b') }), {
      maxLength: 3,
    }),
    sidekicks: fc.constantFrom<(readonly string[])[]>([], ['log']),
    expose: fc.subarray(['80', '53/udp', '8000-8001'] as const),
    vip: fc.option(fc.constant('10.43.0.1'), { freq: 4 }),
    options: fc.constantFrom<ServiceDeclaration['options'][]>(
      {},
      { answers: 'one', weight: 3 },
      { dns: { ttl: 3, prefer: 'local', txt: ['text', 'x'.repeat(300)] } },
    ),
  })
  .map(({ key, ...changes }) => declaration(key, changes));

export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    containers: fc.array(anyContainer, { maxLength: 8 }),
    declarations: fc.uniqueArray(anyDeclaration, { maxLength: 6, selector: ({ stack, name }) => `${stack}/${name}` }),
    complete: fc.constantFrom(true, true, true, false),
  })
  .map(({ containers, declarations, complete }) => ({
    hosts: [host('a', { subnets: ['127.1.0.0/16'] }), host('b', { address: '192.0.2.2', subnets: ['127.2.0.0/16'] })],
    networks: [network('a', 'six'), network('b', 'six')],
    containers: containers.map(made),
    declarations,
    complete,
  }));

const anyLabel = fc.constantFrom(
  ...['web', 'all', 'db', 'a', 'b', 'shop', 'com', 'host', 'one', 'my', 'log', 'www', 'nosuch'],
  ...['six', MANAGED, 'c1'],
  ...['_80', '_http', '_tcp', '_udp', 'rancher-metadata', 'WEB', 'example'],
);
const anySuffix = fc.constantFrom('', '', '.rancher.internal', '.drover.internal', '.RANCHER.internal');

/** A name that might be queried, without trailing dot. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.array(anyLabel, { minLength: 1, maxLength: 4 }), anySuffix)
      .map(([labels, suffix]) => labels.join('.') + suffix),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('rancher.internal', 'internal', 'www.example.com', 'google.com', 'localhost'),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(3), fc.nat(8), fc.constantFrom(1, 2))
      .map(([n, index, side]) => `${n}.${index}.${side}.127.in-addr.arpa`),
  },
);

export const anyType = fc.constantFrom('A', 'A', 'A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'PTR', 'MX', 'SOA', 'NS', 'ANY');
