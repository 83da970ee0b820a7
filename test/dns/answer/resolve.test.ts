import { describe, expect, test } from 'vitest';
import { resolve } from '../../../dns/answer/resolve.ts';
import type { ResolveOptions } from '../../../dns/answer/resolve-context.ts';
import { TYPE } from '../../../dns/wire/codes.ts';
import { scopeOf, viewOf } from '../../../view/index.ts';
import { at, BRIDGE, container, declaration, links, snapshot, type World } from '../../view/world.ts';

const WORLD: World = {
  containers: [
    container('web1', 'shop/web', '10.42.1.1', { name: 'shop-web-1' }),
    container('web2', 'shop/web', '10.42.1.2', { name: 'shop-web-2', health: 'unhealthy' }),
    container('six', 'shop/six', null, { addresses: [at(BRIDGE, null, '2001:db8::6')] }),
    container('gone', 'shop/gone', null, { state: 'stopped' }),
    container('drain', 'shop/drain', '10.42.1.4', { state: 'stopping', name: 'drainer' }),
    container('twin-a', null, '10.42.1.5', { name: 'twin' }),
    container('twin-b', null, '10.42.2.5', { name: 'twin', hostId: 'b' }),
    container('sick', null, '10.42.1.6', { name: 'sick', health: 'unhealthy', wasReady: false }),
    container('lb1', 'shop/lb', '10.42.1.7'),
  ],
  declarations: [
    declaration('shop/lb', { kind: 'loadBalancerService' }),
    declaration('shop/empty'),
    declaration('ext/site', { kind: 'externalService', hostname: 'www.example.com.' }),
    declaration('ext/both', { kind: 'externalService', hostname: 'www.example.com.', externalIps: ['203.0.113.1'] }),
    declaration('ext/ips', { kind: 'externalService', externalIps: ['203.0.113.1', '2001:db8::1', '203.0.113.1'] }),
    declaration('ext/ours', { kind: 'externalService', hostname: 'web.shop.rancher.internal.' }),
    declaration('ext/dead', { kind: 'externalService', hostname: 'nosuch.shop.rancher.internal.' }),
    declaration('ext/deadboth', {
      kind: 'externalService',
      hostname: 'nosuch.shop.rancher.internal.',
      externalIps: ['203.0.113.9'],
    }),
    declaration('ext/twice', { kind: 'externalService', hostname: 'site.ext.rancher.internal.' }),
    declaration('ext/loop', { kind: 'externalService', hostname: 'pool.ext.rancher.internal.' }),
    declaration('ext/pool', { kind: 'externalService', hostname: 'loop.ext.rancher.internal.' }),
    declaration('ext/self', { kind: 'externalService', hostname: 'self.ext.rancher.internal.' }),
    declaration('ext/local', { kind: 'externalService', hostname: 'web.shop.' }),
    declaration('ext/alias', { kind: 'dnsService', links: links('ext/ips', 'shop/web') }),
  ],
};

/** The resolution on one line. */
function line(question: string, world: World = WORLD, options: Partial<ResolveOptions> = {}): string {
  const [name = '', type = 'A'] = question.split(' ');
  const view = viewOf(snapshot(world), 'a');
  const code = TYPE[type as keyof typeof TYPE];
  const settings = { metadataAddress: '169.254.169.250', ...options };
  const found = resolve(view, scopeOf(view, null), { name, type: code }, settings);
  const aliases = 'aliases' in found ? found.aliases.map(({ owner, target }) => `${owner}=${target}`) : [];
  const rest: Record<string, readonly string[]> = {
    addresses: found.kind === 'addresses' ? [...found.addresses, `(${found.turn})`] : [],
    'upstream-alias': found.kind === 'upstream-alias' ? [found.target, ...found.otherwise] : [],
    alias: found.kind === 'alias' ? [found.alias.target] : [],
    pointer: found.kind === 'pointer' ? [found.target] : [],
  };
  return [found.kind, ...aliases, ...(rest[found.kind] ?? ('zone' in found ? [found.zone] : []))].join(' ');
}

const APEX = 'rancher.internal.';

describe('resolve()', () => {
  test.each([
    ['web.shop', 'addresses 10.42.1.1 (shop/web)'],
    ['web.shop.rancher.internal', 'addresses 10.42.1.1 (shop/web)'],
    ['web.shop AAAA', 'nodata .'],
    ['web.shop.rancher.internal AAAA', `nodata ${APEX}`],
    ['web.shop.rancher.internal MX', `nodata ${APEX}`],
    ['web.shop.rancher.internal CNAME', `nodata ${APEX}`],
    ['web.shop.drover.internal TXT', 'nodata drover.internal.'],
    ['six.shop', 'nodata .'],
    ['six.shop AAAA', 'addresses 2001:db8::6 (shop/six)'],
    ['lb.shop', 'addresses 10.42.1.7 (shop/lb)'],
    ['gone.shop', 'nodata .'],
    ['empty.shop', 'nodata .'],
    ['drain.shop', 'nodata .'],
    ['drainer', 'nodata .'],
    ['shop-web-1', 'addresses 10.42.1.1 (container shop-web-1)'],
    ['shop-web-2', 'addresses 10.42.1.2 (container shop-web-2)'],
    ['sick', 'addresses 10.42.1.6 (container sick)'],
    ['TWIN', 'addresses 10.42.1.5 10.42.2.5 (container twin)'],
    ['rancher-metadata', 'addresses 169.254.169.250 ()'],
    ['rancher-metadata.rancher.internal AAAA', `nodata ${APEX}`],
    ['rancher.internal', `nodata ${APEX}`],
    ['rancher.internal SOA', `soa ${APEX}`],
    ['shop.rancher.internal', `nodata ${APEX}`],
    ['nosuch.rancher.internal', `nxdomain ${APEX}`],
    ['nosuch.rancher.internal AAAA', `nxdomain ${APEX}`],
    ['nosuch', 'nxdomain .'],
    ['internal', 'nodata .'],
    ['www.example.com', 'forward'],
    ['rancher.internal DS', `nodata ${APEX}`],
    ['web.shop.rancher.internal DS', `nodata ${APEX}`],
    ['shop.rancher.internal NS', `nodata ${APEX}`],
    ['nosuch.shop', 'forward'],
    ['', 'forward'],
    // External services.
    ['ips.ext', 'addresses 203.0.113.1 (ext/ips)'],
    ['ips.ext AAAA', 'addresses 2001:db8::1 (ext/ips)'],
    ['alias.ext', 'addresses 203.0.113.1 10.42.1.1 (ext/alias)'],
    ['site.ext', 'upstream-alias site.ext=www.example.com. www.example.com.'],
    ['site.ext AAAA', 'upstream-alias site.ext=www.example.com. www.example.com.'],
    ['site.ext CNAME', 'alias www.example.com.'],
    ['both.ext', 'upstream-alias both.ext=www.example.com. www.example.com. 203.0.113.1'],
    ['ours.ext', 'addresses ours.ext=web.shop.rancher.internal. 10.42.1.1 (shop/web)'],
    ['ours.ext AAAA', `nodata ours.ext=web.shop.rancher.internal. ${APEX}`],
    ['dead.ext', `nxdomain dead.ext=nosuch.shop.rancher.internal. ${APEX}`],
    ['deadboth.ext', 'addresses 203.0.113.9 (ext/deadboth)'],
    [
      'twice.ext',
      'upstream-alias twice.ext=site.ext.rancher.internal. site.ext.rancher.internal=www.example.com. www.example.com.',
    ],
    ['loop.ext', 'failure'],
    ['self.ext', 'failure'],
    ['local.ext', 'upstream-alias local.ext=web.shop. web.shop.'],
    // Reverse lookups.
    ['1.1.42.10.in-addr.arpa PTR', 'pointer shop-web-1.rancher.internal.'],
    ['1.1.42.10.in-addr.arpa A', 'nodata in-addr.arpa.'],
    ['77.1.42.10.in-addr.arpa PTR', 'nxdomain in-addr.arpa.'],
    ['250.169.254.169.IN-ADDR.arpa PTR', 'pointer rancher-metadata.rancher.internal.'],
    ['8.8.8.8.in-addr.arpa PTR', 'forward'],
    ['1.42.10.in-addr.arpa PTR', 'nodata in-addr.arpa.'],
    ['01.1.42.10.in-addr.arpa PTR', 'forward'],
    [`6.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa PTR`, 'pointer six.rancher.internal.'],
    [`7.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa PTR`, 'forward'],
  ])('%s -> %s', (question, expected) => {
    expect(line(question)).toBe(expected);
  });

  test('a zone type of one label is about a top-level domain, even if a service or a stack has its name', () => {
    const zone = [
      'DS',
      'DNSKEY',
      'NS',
      'SOA',
      'NSEC',
      'NSEC3',
      'NSEC3PARAM',
      'RRSIG',
      'CDS',
      'CDNSKEY',
      'DNAME',
      'CAA',
    ];
    for (const type of zone) {
      for (const name of ['com', 'COM', 'shop', 'shop-web-1', 'internal', ''])
        expect(line(`${name} ${type}`)).toBe('forward');
    }
    for (const type of ['A', 'AAAA', 'SRV', 'HTTPS', 'SVCB', 'PTR', 'MX', 'TXT', 'CNAME', 'ANY']) {
      expect(line(`com ${type}`)).toBe('nxdomain .');
      expect(line(`internal ${type}`)).toBe('nodata .');
    }
  });

  test('a name of one label with a forwarding rule is forwarded, unless it is one of ours', () => {
    const ruled = new Set(['intranet', 'shop-web-1']);
    expect(line('intranet', WORLD, { ruled })).toBe('forward');
    expect(line('Intranet MX', WORLD, { ruled })).toBe('forward');
    expect(line('shop-web-1', WORLD, { ruled })).toBe('addresses 10.42.1.1 (container shop-web-1)');
    expect(line('nosuch', WORLD, { ruled })).toBe('nxdomain .');
  });

  test('before the first complete snapshot no name is NXDOMAIN; known names are answered', () => {
    const world = { ...WORLD, complete: false };
    expect(line('nosuch', world)).toBe('failure');
    expect(line('nosuch.shop.rancher.internal', world)).toBe('failure');
    expect(line('web.shop', world)).toBe('addresses 10.42.1.1 (shop/web)');
    expect(line('www.example.com', world)).toBe('forward');
  });
});
