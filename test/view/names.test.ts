import { describe, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import {
  ASKER,
  type DependencyKey,
  findContainers,
  findService,
  lookupName,
  scopeOf,
  searchDomains,
  viewOf,
} from '../../view/index.ts';
import { container, declaration, links, snapshot } from './world.ts';

const WEB = container('web1', 'Shop/Web', '10.42.1.1', { name: 'shop-web-1' });
const LOG = container('log1', 'shop/web/log', null, {
  networkMode: 'container',
  networkFrom: 'web1',
  name: 'shop-log-1',
});
const JOB = container('job', null, '10.42.1.4', { name: 'job', links: { Cache: 'cache1', gone: 'nobody' } });
const CACHE = container('cache1', null, '10.42.1.5', { name: 'my.cache' });
const DB = container('db1', 'db/mysql', '10.42.2.1', { hostId: 'b', name: 'db-mysql-1' });

const VIEW = viewOf(
  snapshot({
    containers: [WEB, LOG, JOB, CACHE, DB],
    declarations: [
      declaration('shop/web', {
        links: links(
          { target: 'db/mysql', alias: 'Database' },
          { target: 'ext/site', alias: 'site' },
          { target: 'ext/both', alias: 'both' },
          { target: 'db/mysql', alias: 'job' },
          { target: 'db/mysql', alias: 'db/mysql' },
          { target: 'db/nosuch', alias: 'nosuch' },
        ),
      }),
      declaration('ext/site', { kind: 'externalService', hostname: 'www.example.com.' }),
      declaration('ext/both', { kind: 'externalService', hostname: 'www.example.com.', externalIps: ['203.0.113.1'] }),
      declaration('ext/alias', { kind: 'dnsService', links: links('ext/site') }),
      declaration('ext/circle', { kind: 'dnsService', links: links('ext/circle') }),
      declaration('ext/broken', { kind: 'externalService', hostname: `${'x'.repeat(64)}.example.com.` }),
      declaration('shop/empty'),
    ],
  }),
  'a',
);

/** What `name` is to a container (null: to anybody else), in one word or two. */
function meaning(asker: Container | null, name: string): string {
  const { meaning: found } = lookupName(VIEW, scopeOf(VIEW, asker), name);
  if (found.kind === 'service') return `service ${found.services.map(({ key }) => key).join(' ')}`;
  if (found.kind === 'container') return `container ${found.containers.map(({ id }) => id).join(' ')}`;
  return found.kind === 'cname' ? `cname ${found.target}` : found.kind;
}

describe('lookupName()', () => {
  test.each<[Container | null, string, string]>([
    // Names of everybody.
    [null, 'web.shop.rancher.internal.', 'service shop/web'],
    [null, 'WEB.Shop.Rancher.INTERNAL', 'service shop/web'],
    [null, 'web.shop.drover.internal.', 'service shop/web'],
    [null, 'log.web.shop.rancher.internal.', 'service shop/web/log'],
    [null, 'log.shop.rancher.internal.', 'unknown'],
    [null, 'shop-web-1.rancher.internal.', 'container web1'],
    [null, 'my.cache.rancher.internal.', 'container cache1'],
    [null, 'db-mysql-1.rancher.internal.', 'container db1'],
    [null, 'rancher-metadata.rancher.internal.', 'metadata'],
    [null, 'rancher-metadata', 'metadata'],
    [null, 'rancher.internal.', 'apex'],
    [null, 'shop.rancher.internal.', 'empty'],
    [null, 'cache.rancher.internal.', 'empty'],
    [null, 'nosuch.shop.rancher.internal.', 'unknown'],
    [null, 'x.web.shop.rancher.internal.', 'unknown'],
    [null, 'empty.shop', 'service shop/empty'],
    [null, 'site.ext', 'cname www.example.com.'],
    [null, 'both.ext', 'cname www.example.com.'],
    [null, 'alias.ext', 'cname www.example.com.'],
    [null, 'circle.ext', 'service ext/circle'],
    [null, 'broken.ext', 'service ext/broken'],
    // Search: single labels, and names that end in a stack.
    [null, 'web', 'unknown'],
    [null, 'web.shop', 'service shop/web'],
    [null, 'log.web.shop', 'service shop/web/log'],
    [null, 'job', 'container job'],
    [null, 'shop', 'unknown'],
    [null, 'nosuch', 'unknown'],
    [null, 'nosuch.shop', 'foreign'],
    [null, 'my.cache', 'foreign'],
    [null, 'www.example.com', 'foreign'],
    [null, 'xrancher.internal', 'foreign'],
    [null, 'xrancher.internal.example.com', 'foreign'],
    [null, 'localhost', 'foreign'],
    // A client that walks on through its search list: not to be asked upstream (Q27).
    [null, 'rancher.internal.example.com', 'unknown'],
    [null, 'web.shop.rancher.internal.corp.example', 'unknown'],
    [null, '.', 'foreign'],
    // Who asks.
    [WEB, 'web', 'service shop/web'],
    [LOG, 'web', 'service shop/web'],
    [WEB, 'log', 'service shop/web/log'],
    [LOG, 'log', 'service shop/web/log'],
    // A sidekick by its unit, in its own stack.
    [WEB, 'log.web', 'service shop/web/log'],
    [LOG, 'LOG.web', 'service shop/web/log'],
    [WEB, 'web.web', 'foreign'],
    [WEB, 'x.log.web', 'foreign'],
    [null, 'log.web', 'foreign'],
    [JOB, 'log.web', 'foreign'],
    [{ ...WEB, labels: { 'io.rancher.container.dns.priority': 'None' } }, 'log.web', 'foreign'],
    [WEB, 'empty', 'service shop/empty'],
    [JOB, 'web', 'unknown'],
    [WEB, 'mysql', 'unknown'],
    [WEB, 'mysql.db', 'service db/mysql'],
    // Links.
    [WEB, 'database', 'service db/mysql'],
    [WEB, 'DATABASE', 'service db/mysql'],
    [WEB, 'database.rancher.internal.', 'service db/mysql'],
    [WEB, 'database.db', 'service db/mysql'],
    [WEB, 'database.db.drover.internal.', 'service db/mysql'],
    [WEB, 'database.shop', 'foreign'],
    [WEB, 'job', 'service db/mysql'],
    [WEB, 'site', 'cname www.example.com.'],
    [WEB, 'both', 'service ext/both'],
    [WEB, 'both.ext', 'service ext/both'],
    [WEB, 'nosuch', 'unknown'],
    [LOG, 'database', 'unknown'],
    [null, 'database', 'unknown'],
    [JOB, 'cache', 'container cache1'],
    [JOB, 'cache.rancher.internal', 'container cache1'],
    [JOB, 'gone', 'unknown'],
  ])('%#: %j asks %s -> %s', (asker, name, expected) => {
    expect(meaning(asker, name)).toBe(expected);
  });

  test('a service with the name of a public domain does not shadow it, even in a stack of that name', () => {
    const view = viewOf(snapshot({ containers: [container('c1', 'com/google', '10.42.1.1')] }), 'a');
    const ask = (name: string) => lookupName(view, scopeOf(view, null), name).meaning.kind;
    expect([ask('google.com'), ask('www.google.com'), ask('google.org')]).toEqual(['foreign', 'foreign', 'foreign']);
    expect(ask('google.com.rancher.internal')).toBe('service');
    const every = (name: string) => lookupName(view, scopeOf(view, null), name, 'every').meaning.kind;
    expect([every('google.com'), every('www.google.com')]).toEqual(['service', 'foreign']);
  });

  test('of several suffixes the longest matching one counts', () => {
    const made = snapshot({
      containers: [container('c1', 'corp/web', '10.42.1.1'), container('c2', null, '10.42.1.2', { name: 'web' })],
    });
    const suffixes = ['internal.', 'discover.internal.', 'corp.internal.'];
    const view = viewOf({ ...made, environment: { ...made.environment, suffixes } }, 'a');
    const ask = (name: string) => {
      const { zone, meaning: found } = lookupName(view, scopeOf(view, null), name);
      return `${zone} ${found.kind}`;
    };
    expect(ask('web.corp.discover.internal')).toBe('discover.internal. service');
    expect(ask('web.corp.internal')).toBe('corp.internal. container');
    expect(ask('web.corp.corp.internal')).toBe('corp.internal. service');
    expect(ask('web.internal')).toBe('internal. container');
    expect(ask('discover.internal')).toBe('discover.internal. apex');
  });

  test('a name of two services stands for both', () => {
    const containers = [container('c1', 'c/a.b', '10.42.1.1'), container('c2', 'c/b/a', '10.42.1.2')];
    const view = viewOf(snapshot({ containers }), 'a');
    const { meaning: found } = lookupName(view, scopeOf(view, null), 'a.b.c');
    expect(found.kind === 'service' && found.services.map(({ key }) => key)).toEqual(['c/a.b', 'c/b/a']);
  });
});

describe('scopeOf() and searchDomains()', () => {
  const S = 'rancher.internal';
  const labelled = (priority: string) =>
    container('c1', 'shop/web/log', '10.42.1.8', {
      dnsSearch: ['Corp.example', `db.${S}`],
      labels: { 'io.rancher.container.dns.priority': priority },
    });

  test.each<[string, Container | null, string[]]>([
    ['anybody', null, [`${S}.`]],
    ['a standalone container', JOB, [`${S}.`]],
    ['a sidekick searches as its unit', LOG, [`web.shop.${S}.`, `shop.${S}.`, `${S}.`]],
    ['own domains of ours come next', labelled(''), [`web.shop.${S}.`, `shop.${S}.`, `db.${S}.`, `${S}.`]],
    ['service_last', labelled('service_last'), [`db.${S}.`, `web.shop.${S}.`, `shop.${S}.`, `${S}.`]],
    ['None', labelled('None'), [`db.${S}.`, `${S}.`]],
  ])('search of %s', (_, asker, expected) => {
    expect(scopeOf(VIEW, asker).search).toEqual(expected);
  });

  test.each<[Container, string[], 'first' | 'last']>([
    [JOB, [S], 'first'],
    [LOG, [`web.shop.${S}`, `shop.${S}`, S], 'first'],
    [labelled(''), [`web.shop.${S}`, `shop.${S}`, 'corp.example', `db.${S}`, S], 'first'],
    [labelled('service_last'), ['corp.example', `db.${S}`, `web.shop.${S}`, `shop.${S}`, S], 'last'],
    [labelled('None'), ['corp.example', `db.${S}`, S], 'first'],
  ])('resolv.conf %#', (asker, domains, position) => {
    expect(searchDomains(VIEW, asker)).toEqual({ domains, position });
  });

  test.each(['', 'service_last', 'None'])(
    'priority %j: server and resolv.conf search our domains in one order',
    (priority) => {
      const asker = labelled(priority);
      const { domains } = searchDomains(VIEW, asker);
      const ours = domains.filter((domain) => domain.endsWith(S)).map((domain) => `${domain}.`);
      expect(scopeOf(VIEW, asker).search).toEqual(ours);
    },
  );

  test('a link with the full name of its target adds no name', () => {
    expect([...scopeOf(VIEW, WEB).links.keys()].filter((name) => name.includes('/'))).toEqual([]);
  });

  test('a container has its own upstreams', () => {
    expect(scopeOf(VIEW, { ...JOB, dns: ['192.0.2.53'] }).dns).toEqual(['192.0.2.53']);
  });
});

test('services keep the case of their first occurrence and are found in any case', () => {
  expect(findService(VIEW, 'SHOP/WEB')).toMatchObject({ key: 'shop/web', stack: 'shop', name: 'web' });
  expect(findService(VIEW, 'shop/web/log')).toMatchObject({ name: 'log', primaryService: 'web' });
  expect(findContainers(VIEW, 'SHOP-web-1')).toEqual([WEB]);
  expect(findService(VIEW, 'shop')).toBeNull();
});

test('a sidekick that is one by its declaration only', () => {
  const world = {
    containers: [container('c1', 's/log', '10.42.1.1')],
    declarations: [declaration('s/web', { sidekicks: ['Log'] }), declaration('s/log', { scale: 3 })],
  };
  const view = viewOf(snapshot(world), 'a');
  expect(findService(view, 's/log')).toBeNull();
  expect(findService(view, 's/web/log')).toMatchObject({ primaryService: 'web', declaration: { scale: 3 } });
});

test('a stack with more than 63 characters has short names, and no domain in resolv.conf', () => {
  const stack = 'x'.repeat(64);
  const asker = container('c1', `${stack}/app`, '10.42.1.1');
  const view = viewOf(snapshot({ containers: [asker, container('c2', `${stack}/web`, '10.42.1.2')] }), 'a');
  const { meaning: found } = lookupName(view, scopeOf(view, asker), 'web');
  expect(found.kind === 'service' && found.services.map(({ name }) => name)).toEqual(['web']);
  const kinds = (one: Container | null) =>
    ['web', 'web.rancher.internal', 'all.web.rancher.internal', 'none.rancher.internal'].map(
      (name) => lookupName(view, scopeOf(view, one), name).meaning.kind,
    );
  expect(kinds(asker)).toEqual(['service', 'service', 'service', 'unknown']);
  expect(kinds(null)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  const keys = new Set<DependencyKey>();
  lookupName(view, scopeOf(view, asker), 'web.rancher.internal', 'own', { depends: (key) => keys.add(key) });
  expect(keys).toContain(ASKER);
  expect(searchDomains(view, asker).domains).toEqual(['rancher.internal']);
});

test('a container whose names contain a slash is standalone', () => {
  const view = viewOf(
    snapshot({ containers: [container('c1', null, '10.42.1.1', { stack: 'a/b', service: 'c' })] }),
    'a',
  );
  expect([...view.stacks.keys()]).toEqual([]);
  expect(findContainers(view, 'c1')).toHaveLength(1);
});
