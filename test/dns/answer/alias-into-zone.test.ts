import { Packet } from 'dns2';
import { afterEach, describe, expect, test } from 'vitest';
import { createResources, type Resources } from '../../support/resources.ts';
import { at, container, declaration, links, MANAGED, network, type World } from '../../view/world.ts';
import { startStandAlone } from '../answers-file/stand-alone.ts';
import { type Behaviour, startUpstream, type UpstreamServer, withAddress } from '../upstream-server.ts';
import { addresses, ask, startDns, type TestDns } from '../wire.ts';

/** Aliases in the site's own DNS that lead into Drover's zone [RFC 1034 §5.3.2, RFC 6604, RFC 6672]. */
let resources: Resources = createResources();
afterEach(async () => {
  await resources.close();
  resources = createResources();
});

const { A, NS, CNAME, SOA, TXT, AAAA, SRV, ANY } = Packet.TYPE;
const DNAME = 39;

/** `owner CNAME target`, with TTL 60. */
function alias(owner: string, domain: string, type = CNAME) {
  return Object.assign(new Packet.Resource(owner, type, Packet.CLASS.IN, 60), { domain });
}

/** A zone of the site: owner -> target; other names are missing. The last name is what the upstream cannot know. */
const SITE: Readonly<Record<string, string>> = {
  'shop.corp.example': 'web.shop.rancher.internal',
  'cased.corp.example': 'Web.SHOP.Rancher.Internal',
  'second.corp.example': 'web.shop.drover.internal',
  'far.corp.example': 'shop.corp.example',
  'missing.corp.example': 'nosuch.shop.rancher.internal',
  'apex.corp.example': 'rancher.internal',
  '_http._tcp.corp.example': '_http._tcp.web.shop.rancher.internal',
  'about.corp.example': 'web.shop.rancher.internal',
  'out.corp.example': 'site.ext.rancher.internal',
  'loop.corp.example': 'loop.ext.rancher.internal',
  'linked.corp.example': 'database.rancher.internal',
  'many.corp.example': 'many.shop.rancher.internal',
  'short.corp.example': 'web.shop',
};

const site: Behaviour = (request, reply) => {
  const [question] = request.questions;
  let name = question?.name.toLowerCase() ?? '';
  if (name === 'www.example.com' || name === 'both.example.com') return withAddress(request, reply, '198.51.100.7');
  for (let target = SITE[name]; target !== undefined; target = SITE[name]) {
    reply.answers.push(alias(name, target));
    name = target;
    if (question?.type === CNAME) return reply;
  }
  return reply;
};

const WORLD: World = {
  networks: [network('a', 'lo-net', { subnets: ['127.0.1.0/24'] })],
  containers: [
    container('w1', 'shop/web', '10.42.1.1', { labels: { 'drover.port.http': '8080' } }),
    container('w2', 'shop/web', '10.42.1.2', { labels: { 'drover.port.http': '8080' } }),
    container('d1', 'store/db', '10.42.1.3'),
    container('c1', 'shop/client', null, { addresses: [at('lo-net', '127.0.1.5'), at(MANAGED, '10.42.1.8')] }),
    ...Array.from({ length: 60 }, (_, n) => container(`m${n}`, 'shop/many', `10.42.2.${n + 1}`)),
  ],
  declarations: [
    declaration('shop/web', { options: { dns: { txt: ['of web'] } } }),
    declaration('shop/client', { links: links({ target: 'store/db', alias: 'database' }) }),
    declaration('ext/site', { kind: 'externalService', hostname: 'www.example.com.' }),
    declaration('ext/back', { kind: 'externalService', hostname: 'shop.corp.example.' }),
    declaration('ext/gone', { kind: 'externalService', hostname: 'missing.corp.example.' }),
    declaration('ext/gone-both', {
      kind: 'externalService',
      hostname: 'missing.corp.example.',
      externalIps: ['203.0.113.1'],
    }),
    declaration('ext/loop', { kind: 'externalService', hostname: 'loop.corp.example.' }),
  ],
};

async function start(behaviour: Behaviour = site): Promise<TestDns & { readonly upstream: UpstreamServer }> {
  const upstream = await startUpstream(resources, behaviour);
  const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
  return { ...dns, upstream };
}

const sorted = (text: string) => text.split(' ').toSorted().join(' ');
const WEB = '10.42.1.1 10.42.1.2';
const neverLeaked = ({ asked }: UpstreamServer) =>
  expect(asked.filter((question) => /internal \d/.test(question))).toEqual([]);

describe('an alias of the site that leads into our zone', () => {
  test('addresses, chains, letter case, every suffix; over UDP and TCP; the answer is not authoritative', async () => {
    const { port, upstream } = await start();
    for (const name of ['shop', 'cased', 'second', 'far', 'SHOP'].map((label) => `${label}.corp.example`)) {
      for (const tcp of [false, true]) expect(sorted(await addresses(port, name, { tcp })), name).toBe(WEB);
    }
    const { header, answers } = await ask(port, 'far.corp.example', { edns: 1_232 });
    expect(header).toMatchObject({ rcode: 0, aa: 0, ra: 1, tc: 0, ad: 0 });
    expect(answers.map(({ type, name, domain }) => [type, name, domain])).toEqual([
      [CNAME, 'far.corp.example', 'shop.corp.example'],
      [CNAME, 'shop.corp.example', 'web.shop.rancher.internal'],
      [A, 'web.shop.rancher.internal', undefined],
      [A, 'web.shop.rancher.internal', undefined],
    ]);
    neverLeaked(upstream);
  });

  test('other types, missing names and missing types: with the code and the SOA of our zone', async () => {
    const { port, upstream } = await start();
    const of = async (name: string, type: number) => {
      const { header, answers, authorities, additionals } = await ask(port, name, { type });
      const end = answers.at(-1);
      return [header.rcode, end?.type, authorities[0]?.name ?? '', additionals.length];
    };
    expect(await of('shop.corp.example', AAAA)).toEqual([0, CNAME, 'rancher.internal', 0]);
    expect(await of('second.corp.example', AAAA)).toEqual([0, CNAME, 'drover.internal', 0]);
    expect(await of('missing.corp.example', A)).toEqual([3, CNAME, 'rancher.internal', 0]);
    expect(await of('_http._tcp.corp.example', SRV)).toEqual([0, SRV, '', 2]);
    expect(await of('about.corp.example', TXT)).toEqual([0, TXT, '', 0]);
    expect(await of('about.corp.example', 65)).toEqual([0, CNAME, 'rancher.internal', 0]);
    expect(await of('apex.corp.example', SOA)).toEqual([0, SOA, '', 0]);
    expect(await of('apex.corp.example', NS)).toEqual([0, NS, '', 1]);
    // The alias itself is the answer.
    expect(await of('shop.corp.example', CNAME)).toEqual([0, CNAME, '', 0]);
    expect(await of('shop.corp.example', ANY)).toEqual([0, CNAME, '', 0]);
    neverLeaked(upstream);
  });

  test('a target outside our suffixes is the upstream’s, even if it is a short name of ours', async () => {
    const { port } = await start();
    expect(await addresses(port, 'short.corp.example')).toBe('NODATA');
  });

  test('a failure of the upstream stays a failure, even with an alias in it', async () => {
    const { port } = await start((request, reply, via) => {
      reply.header.rcode = 2;
      return site(request, reply, via);
    });
    expect(await addresses(port, 'shop.corp.example')).toBe('SERVFAIL');
  });

  test('a set that does not fit is cut behind the alias, and whole over TCP', async () => {
    const { port } = await start();
    const cut = await ask(port, 'many.corp.example');
    expect(cut.header.tc).toBe(1);
    expect(cut.answers[0]).toMatchObject({ type: CNAME });
    expect((await ask(port, 'many.corp.example', { tcp: true })).answers).toHaveLength(61);
  });

  test('each asker gets its own answer, from one reply of the upstream', async () => {
    const { port, upstream } = await start();
    expect(await addresses(port, 'linked.corp.example')).toBe('NXDOMAIN');
    expect(await addresses(port, 'linked.corp.example', { from: '127.0.1.5' })).toBe('10.42.1.3');
    expect(await addresses(port, 'linked.corp.example')).toBe('NXDOMAIN');
    expect(upstream.asked).toEqual(['linked.corp.example 1 udp']);
  });

  test('what is ours is never cached with the alias', async () => {
    const { port, see, upstream } = await start();
    expect(sorted(await addresses(port, 'shop.corp.example'))).toBe(WEB);
    see({ ...WORLD, containers: [container('w3', 'shop/web', '10.42.1.9')] });
    const { answers } = await ask(port, 'shop.corp.example');
    expect(answers.map(({ address, ttl }) => [address, ttl])).toEqual([
      [undefined, 60],
      ['10.42.1.9', 1],
    ]);
    expect(upstream.asked).toEqual(['shop.corp.example 1 udp']);
  });

  test.each<[string, Behaviour]>([
    [
      'its own opinion of our names: NXDOMAIN of the root',
      (_, reply) => {
        reply.header.rcode = Packet.RCODE.NXDOMAIN;
        reply.answers.push(alias('shop.corp.example', 'web.shop.rancher.internal'));
        const fields = { primary: 'a', admin: 'b', serial: 1, refresh: 1, retry: 1, expiration: 1, minimum: 0 };
        reply.authorities.push(Object.assign(new Packet.Resource('', SOA, Packet.CLASS.IN, 0), fields));
        return reply;
      },
    ],
    [
      'its own records for our names',
      (request, reply) => {
        reply.answers.push(alias('shop.corp.example', 'web.shop.rancher.internal'));
        reply.answers.push(alias('web.shop.rancher.internal', 'www.example.com'));
        withAddress(request, reply, '192.0.2.66', 'web.shop.rancher.internal');
        return withAddress(request, reply, '192.0.2.66', 'www.example.com');
      },
    ],
    [
      'a chain in the wrong order',
      (_, reply) => {
        reply.answers.push(alias('b.corp.example', 'web.shop.rancher.internal'));
        reply.answers.push(alias('shop.corp.example', 'b.corp.example'));
        return reply;
      },
    ],
    [
      'a DNAME and the CNAME made from it',
      (_, reply) => {
        const target = Buffer.from('\x04shop\x07rancher\x08internal\0', 'latin1');
        const dname = new Packet.Resource('corp.example', DNAME, Packet.CLASS.IN, 60);
        reply.answers.push(Object.assign(dname, { data: target }));
        reply.answers.push(alias('shop.corp.example', 'web.shop.rancher.internal'));
        return reply;
      },
    ],
  ])('the upstream adds %s', async (_, behaviour) => {
    const { port, upstream } = await start(behaviour);
    for (let n = 0; n < 2; n += 1) {
      const { header, answers, authorities } = await ask(port, 'shop.corp.example');
      expect(header.rcode).toBe(0);
      expect(sorted(answers.flatMap(({ address }) => address ?? []).join(' '))).toBe(WEB);
      expect(authorities).toEqual([]);
      expect(answers.filter(({ name }) => name === 'www.example.com')).toEqual([]);
    }
    expect(upstream.asked).toEqual(['shop.corp.example 1 udp']);
  });
});

describe('aliases that cross the border several times', () => {
  test('from the site through our zone to the site', async () => {
    const { port, upstream } = await start();
    const { answers, header } = await ask(port, 'out.corp.example');
    expect(answers.map(({ type, name }) => `${name} ${type}`)).toEqual([
      'out.corp.example 5',
      'site.ext.rancher.internal 5',
      'www.example.com 1',
    ]);
    expect(header).toMatchObject({ rcode: 0, aa: 0 });
    neverLeaked(upstream);
  });

  test('an external service whose host name leads back to us', async () => {
    const { port } = await start();
    expect(sorted(await addresses(port, 'back.ext'))).toBe(WEB);
    expect((await ask(port, 'back.ext')).header.aa).toBe(1);
    const gone = await ask(port, 'gone.ext');
    expect([gone.header.rcode, gone.answers.length, gone.authorities[0]?.name]).toEqual([3, 2, 'rancher.internal']);
    expect(await addresses(port, 'gone-both.ext')).toBe('203.0.113.1');
  });

  test("the SOA of the upstream's negative answer is kept, other records of its authority section are not", async () => {
    const { port } = await start((_, reply) => {
      const fields = { primary: 'a', admin: 'b', serial: 1, refresh: 1, retry: 1, expiration: 1, minimum: 7 };
      reply.authorities.push(Object.assign(new Packet.Resource('example.com', SOA, Packet.CLASS.IN, 9), fields));
      reply.authorities.push(Object.assign(new Packet.Resource('example.com', NS, Packet.CLASS.IN, 9), { ns: 'ns.a' }));
      return reply;
    });
    const { answers, authorities } = await ask(port, 'site.ext');
    expect([...answers, ...authorities].map(({ name, type }) => `${name} ${type}`)).toEqual([
      'site.ext 5',
      'example.com 6',
    ]);
  });

  test('a loop ends with SERVFAIL and no records, after one question to the upstream', async () => {
    const { port, upstream } = await start();
    for (const name of ['loop.corp.example', 'loop.ext']) {
      const { header, answers } = await ask(port, name);
      expect([header.rcode, answers]).toEqual([Packet.RCODE.SERVFAIL, []]);
    }
    expect(upstream.asked).toEqual(['loop.corp.example 1 udp']);
  });
});

test('an answers file completes aliases into its authoritative domains, too', async () => {
  const upstream = await startUpstream(resources, site);
  const a = { 'web.shop.rancher.internal.': { answer: ['10.0.0.5'] } };
  const text = JSON.stringify({ default: { recurse: [upstream.at], authoritative: ['rancher.internal'], a } });
  const { port } = await startStandAlone(resources, { text });
  expect(await addresses(port, 'far.corp.example')).toBe('10.0.0.5');
  expect(await addresses(port, 'missing.corp.example')).toBe('NXDOMAIN');
});
