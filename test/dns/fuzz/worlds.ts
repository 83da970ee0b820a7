import { at, container, declaration, links, MANAGED, type World } from '../../view/world.ts';

const many = (service: string, count: number) =>
  Array.from({ length: count }, (_, n) =>
    container(`${service}-${n}`, `big/${service}`, `10.43.${n >> 8}.${n & 255}`, { serviceIndex: n }),
  );

/** A few objects of every kind. */
export const WORLD: World = {
  containers: [
    container('w1', 'shop/web', '10.42.1.1'),
    container('w2', 'shop/web', '10.42.1.2', { links: { peer: 'db1' }, dnsSearch: ['big.rancher.internal'] }),
    container('w3', 'shop/web', '10.42.1.3'),
    container('log1', 'shop/web/log', '10.42.1.4'),
    container('db1', 'db/mysql', null, { addresses: [at(MANAGED, '10.42.1.5', 'fd00::5')] }),
    container('one1', 'shop/one', '10.42.1.6'),
    container('one2', 'shop/one', '10.42.1.7'),
    ...many('forty', 40),
    ...many('hundred', 100),
  ],
  declarations: [
    declaration('shop/web', {
      links: links({ target: 'db/mysql', alias: 'database' }),
      expose: ['80', '53/udp'],
      options: { dns: { ttl: 5, txt: ['text', 'x'.repeat(300)] } },
    }),
    declaration('shop/one', { options: { answers: 'one' } }),
    declaration('shop/empty'),
    declaration('shop/all', { kind: 'dnsService', links: links('shop/web', 'db/mysql') }),
    declaration('ext/ips', { kind: 'externalService', externalIps: ['192.0.2.1', '2001:db8::1'] }),
    declaration('ext/host', { kind: 'externalService', hostname: 'www.example.com' }),
    declaration('ext/chain', { kind: 'externalService', hostname: 'host.ext.rancher.internal' }),
    declaration('ext/inward', { kind: 'externalService', hostname: 'empty.shop.rancher.internal' }),
    declaration('ext/both', { kind: 'externalService', hostname: 'www.example.com', externalIps: ['192.0.2.9'] }),
  ],
};

/** The same a little later: one endpoint fewer, one more, one service removed. */
export const LATER: World = {
  revision: 2,
  containers: [
    ...(WORLD.containers ?? []).filter(({ id }) => id !== 'w1'),
    container('w4', 'shop/web', '10.42.1.9'),
    container('new1', 'shop/new', '10.42.1.10'),
  ],
  declarations: (WORLD.declarations ?? []).filter(({ name }) => name !== 'ips'),
};

/** With services too large for a datagram, and one too large for TCP. */
export const LARGE: World = {
  ...WORLD,
  containers: [...(WORLD.containers ?? []), ...many('thousands', 5_000)],
};

/** Askers: a container with links, one without, the host. */
export const ASKERS = ['10.42.1.2', '10.42.1.5', '127.0.0.1', '203.0.113.9'] as const;
