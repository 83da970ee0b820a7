import { connect } from 'node:net';
import { Packet } from 'dns2';
import { afterEach, describe, expect, test } from 'vitest';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';
import { at, container, declaration, network, type World } from '../../view/world.ts';
import { answering, refusing, silent, startUpstream, withAddress } from '../upstream-server.ts';
import { addresses, ask, dig, queryFor, startDns } from '../wire.ts';

let resources: Resources = createResources();
afterEach(async () => {
  await resources.close();
  resources = createResources();
});

const WORLD: World = {
  containers: [container('w1', 'shop/web', '10.42.1.1')],
  declarations: [
    declaration('ext/site', { kind: 'externalService', hostname: 'www.example.com.' }),
    declaration('ext/both', { kind: 'externalService', hostname: 'www.example.com.', externalIps: ['203.0.113.1'] }),
  ],
};

/** A closed port: the kernel reports it at once. */
const CLOSED = '127.0.0.1:1';

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  const value = await work;
  return { value, ms: performance.now() - start };
}

/** The fastest of several runs: other programs on the machine do not count. */
async function fastest<T>(
  work: (n: number) => Promise<T>,
  times = 5,
): Promise<{ readonly value: T; readonly ms: number }> {
  const runs = [];
  for (let n = 0; n < times; n += 1) runs.push(await timed(work(n)));
  return runs.reduce((best, run) => (run.ms < best.ms ? run : best));
}

describe('Q29 forwarding', () => {
  test('the upstream’s reply unchanged, with our question and id; not authoritative', async () => {
    const upstream = await startUpstream(resources, answering('198.51.100.1'));
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    const reply = await ask(dns.port, 'WwW.example.com');
    expect(reply.header).toMatchObject({ id: 0x1234, aa: 0, rcode: 0 });
    expect(reply.questions[0]?.name).toBe('WwW.example.com');
    expect(reply.answers[0]).toMatchObject({ address: '198.51.100.1', ttl: 300 });
    expect(await addresses(dns.port, 'www.example.com', { tcp: true })).toBe('198.51.100.1');
    expect(dns.server.stats().forwarded).toBe(2);
  });

  test('every query has another id and another port', async () => {
    const ids = new Set<number>();
    const upstream = await startUpstream(resources, (request, reply) => {
      ids.add(request.header.id);
      return withAddress(request, reply, '198.51.100.1');
    });
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    for (let n = 0; n < 20; n += 1) await ask(dns.port, `w${n}.example.com`);
    expect(ids.size).toBeGreaterThan(18);
  });

  test.each([
    ['dead', silent],
    ['SERVFAIL', refusing('SERVFAIL')],
    ['REFUSED', refusing('REFUSED')],
    ['NOTIMP', refusing('NOTIMP')],
  ])('first and second %s: the third answers within a second, later at once', async (_, bad) => {
    const upstreams = [await startUpstream(resources, bad), await startUpstream(resources, bad)];
    const good = await startUpstream(resources, answering('198.51.100.1'));
    const start = () => startDns(resources, WORLD, { upstreams: [...upstreams.map((one) => one.at), good.at] });
    // Several servers: one would remember the failure.
    const [dns, ...others] = [await start(), await start(), await start()];
    const ports = [dns, ...others].map(({ port }) => port);
    const first = await fastest((n) => addresses(ports[n] ?? 0, 'www.example.com'), ports.length);
    expect(first.value).toBe('198.51.100.1');
    expect(first.ms).toBeLessThan(1_000);
    const second = await fastest((n) => addresses(dns.port, `w${n}.example.org`));
    expect(second.value).toBe('198.51.100.1');
    expect(second.ms).toBeLessThan(200);
  });

  test('a closed port costs nothing', async () => {
    const good = await startUpstream(resources, answering('198.51.100.1'));
    const ports: number[] = [];
    for (let n = 0; n < 3; n += 1)
      ports.push((await startDns(resources, WORLD, { upstreams: [CLOSED, good.at] })).port);
    const { value, ms } = await fastest((n) => addresses(ports[n] ?? 0, 'www.example.com'), ports.length);
    expect(value).toBe('198.51.100.1');
    expect(ms).toBeLessThan(200);
  });

  test('the only upstream stops and comes back', async () => {
    let behaviour = refusing('SERVFAIL');
    const upstream = await startUpstream(resources, (...request) => behaviour(...request));
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    expect(await addresses(dns.port, 'www.example.com')).toBe('SERVFAIL');
    behaviour = answering('198.51.100.1');
    expect(await addresses(dns.port, 'other.example.com')).toBe('198.51.100.1');
    // The failure is cached for a second.
    const healed = async () => (await addresses(dns.port, 'www.example.com')) === '198.51.100.1';
    await poll(healed, { what: 'the name that had failed', timeoutMs: 5_000 });
  });

  test('a lost packet is sent again', async () => {
    let n = 0;
    const upstream = await startUpstream(resources, (request, reply) => {
      n += 1;
      return n === 1 ? null : withAddress(request, reply, '198.51.100.1');
    });
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    const { value, ms } = await timed(addresses(dns.port, 'www.example.com'));
    expect(value).toBe('198.51.100.1');
    expect(ms).toBeLessThan(2_000);
  });

  test('no upstream answers: SERVFAIL before the client gives up; no upstream configured: SERVFAIL at once', async () => {
    const dead = await startUpstream(resources, silent);
    const dns = await startDns(resources, WORLD, { upstreams: [dead.at] });
    const late = await timed(addresses(dns.port, 'www.example.com'));
    expect(late.value).toBe('SERVFAIL');
    expect(late.ms).toBeLessThan(5_000);
    const none = await startDns(resources, WORLD, { upstreams: [] });
    expect(await addresses(none.port, 'www.example.com')).toBe('SERVFAIL');
  });

  test('NXDOMAIN and NODATA are answers and stay unchanged', async () => {
    const first = await startUpstream(resources, refusing('NXDOMAIN'));
    const second = await startUpstream(resources, answering('198.51.100.1'));
    const dns = await startDns(resources, WORLD, { upstreams: [first.at, second.at] });
    expect(await addresses(dns.port, 'www.example.com')).toBe('NXDOMAIN');
    expect(await addresses(dns.port, 'www.example.com', { type: Packet.TYPE.AAAA })).toBe('NXDOMAIN');
    expect(second.asked).toEqual([]);
  });

  test('a forged reply is ignored: wrong id, another question, not a reply', async () => {
    const wrongs: ((reply: Packet) => void)[] = [
      (reply) => {
        reply.header.id ^= 1;
      },
      (reply) => {
        reply.questions = [new Packet.Question('evil.example.com', 1, 1)];
      },
      (reply) => {
        reply.header.qr = 0;
      },
    ];
    for (const wrong of wrongs) {
      const liar = await startUpstream(resources, (request, reply) => {
        const lie = withAddress(request, reply, '203.0.113.66');
        wrong(lie);
        return lie;
      });
      const good = await startUpstream(resources, answering('198.51.100.1'));
      const dns = await startDns(resources, WORLD, { upstreams: [liar.at, good.at] });
      expect(await addresses(dns.port, 'www.example.com')).toBe('198.51.100.1');
    }
  });

  test('a truncated reply is repeated over TCP; a UDP client gets TC', async () => {
    const upstream = await startUpstream(resources, (request, reply, transport) => {
      reply.header.tc = transport === 'udp' ? 1 : 0;
      if (transport === 'tcp') for (let n = 0; n < 60; n += 1) withAddress(request, reply, `198.51.100.${n}`);
      return reply;
    });
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    expect((await ask(dns.port, 'www.example.com', { edns: 4_096 })).answers).toHaveLength(60);
    const cut = await ask(dns.port, 'www.example.com');
    expect([cut.header.tc, cut.answers.length]).toEqual([1, 29]);
    const next = await ask(dns.port, 'www.example.com');
    expect(next.answers[0]?.address, 'from the cache, beginning with the next one').toBe(cut.answers[1]?.address);
    expect((await dig(dns.port, '+short', '+noedns', 'www.example.com')).trim().split('\n')).toHaveLength(60);
    expect(upstream.asked.filter((asked) => asked.endsWith('tcp'))).toHaveLength(1);
  });

  test('a TCP client that half-closes gets its reply, then the connection is closed', async () => {
    const upstream = await startUpstream(resources, answering('198.51.100.1'));
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    const query = queryFor('www.example.com');
    const socket = connect(dns.port, '127.0.0.1');
    socket.end(Buffer.concat([Buffer.from([0, query.length]), query]));
    const start = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Packet.parse(Buffer.concat(chunks).subarray(2)).answers).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  test('400 queries at once over an unreachable and a good upstream are all answered', async () => {
    const dead = await startUpstream(resources, silent);
    const good = await startUpstream(resources, answering('198.51.100.1'));
    const dns = await startDns(resources, WORLD, { upstreams: [dead.at, good.at] });
    const all = await Promise.all(Array.from({ length: 400 }, (_, n) => addresses(dns.port, `w${n}.example.com`)));
    expect(new Set(all)).toEqual(new Set(['198.51.100.1']));
  });
});

describe('Q27 names that are never forwarded', () => {
  test('single labels, names below our suffixes, the apex, reverse names of our addresses', async () => {
    const upstream = await startUpstream(resources, answering('198.51.100.1'));
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    const names = [
      'nosuch',
      'com',
      'nosuch.rancher.internal',
      'rancher.internal',
      'www.example.com.rancher.internal',
      'www.example.com.shop.drover.internal',
      'web.shop',
      '77.1.42.10.in-addr.arpa',
    ];
    for (const name of names) for (const type of [1, 28, 12, 15]) await ask(dns.port, name, { type });
    expect(upstream.asked).toEqual([]);
    expect(await addresses(dns.port, 'web.shop.example.com')).toBe('198.51.100.1');
  });

  test('reserved names and names without a dot are forwarded where the operator configured a rule', async () => {
    const [general, site] = [
      await startUpstream(resources, silent),
      await startUpstream(resources, answering('10.1.2.3')),
    ];
    const ruled = [
      'test',
      'Onion.',
      'invalid',
      'localhost',
      'resolver.arpa',
      '254.169.in-addr.arpa',
      'intranet',
      'alt',
    ];
    const rules = ruled.map((suffix) => ({ suffix, upstreams: [site.at] }));
    const dns = await startDns(resources, WORLD, { upstreams: [general.at], forwarding: { rules } });
    const names = [...ruled.map((name) => `a.${name.replace(/\.$/, '')}`), 'test', 'intranet', 'INTRANET'];
    for (const name of names) expect(await addresses(dns.port, name)).toBe('10.1.2.3');
    for (const type of [2, 6, 43, 48]) await ask(dns.port, 'intranet', { type });
    expect(await addresses(dns.port, 'nosuch')).toBe('NXDOMAIN');
    expect(await addresses(dns.port, 'a.example.invalid.')).toBe('10.1.2.3');
    expect(general.asked).toEqual([]);
  });

  test('questions about top-level domains go upstream, addresses of one label do not', async () => {
    const upstream = await startUpstream(resources, answering('198.51.100.1'));
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    const types = [2, 6, 43, 46, 47, 48, 50, 51, 59, 60];
    // Asked twice each: the hot path leaves them to the general path.
    for (const type of [...types, ...types]) await ask(dns.port, 'zone', { type });
    for (const type of [1, 28, 33, 64, 65, 12]) {
      expect((await ask(dns.port, 'zone', { type })).header.rcode).toBe(Packet.RCODE.NXDOMAIN);
    }
    expect(new Set(upstream.asked)).toEqual(new Set(types.map((type) => `zone ${type} udp`)));
  });
});

describe('upstreams that are never used', () => {
  const networks = [network('a', 'lo-net', { subnets: ['127.0.1.0/24'] })];
  const asker = (dns: readonly string[]) =>
    container('c1', null, null, { addresses: [at('lo-net', '127.0.1.5')], dns });

  test('this server itself, and loopback for a container', async () => {
    const good = await startUpstream(resources, answering('198.51.100.1'));
    const world = { networks, containers: [asker(['127.0.0.53', good.at])] };
    let upstreams: readonly string[] = [];
    const dns = await startDns(resources, world, { upstreams: () => upstreams });
    upstreams = [`127.0.0.1:${dns.port}`];
    // A loop would increase the query count.
    expect(await addresses(dns.port, 'www.example.com', { from: '127.0.1.5' })).toBe('SERVFAIL');
    expect(dns.server.stats().queries).toBe(1);
    upstreams = [...upstreams, good.at];
    expect(await addresses(dns.port, 'www.example.com', { from: '127.0.1.5' })).toBe('198.51.100.1');
  });
});

describe('external services by host name', () => {
  test('the alias with the upstream’s answer for its target; only the target is forwarded', async () => {
    const upstream = await startUpstream(resources, (request, reply) => {
      const alias = new Packet.Resource('www.example.com', Packet.TYPE.CNAME, Packet.CLASS.IN, 60);
      reply.answers.push(Object.assign(alias, { domain: 'cdn.example.net' }));
      return withAddress(request, reply, '198.51.100.1', 'cdn.example.net');
    });
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    const { answers, header } = await ask(dns.port, 'Site.ext');
    expect(header.rcode).toBe(0);
    expect(answers.map(({ name, domain, address, ttl }) => [name, domain ?? address, ttl])).toEqual([
      ['Site.ext', 'www.example.com', 1],
      ['www.example.com', 'cdn.example.net', 60],
      ['cdn.example.net', '198.51.100.1', 300],
    ]);
    expect(upstream.asked).toEqual(['www.example.com 1 udp']);
  });

  test('NXDOMAIN, NODATA and failure of the target; the service’s own addresses if it has some', async () => {
    let behaviour = refusing('NXDOMAIN');
    const upstream = await startUpstream(resources, (...request) => behaviour(...request));
    const dns = await startDns(resources, WORLD, { upstreams: [upstream.at] });
    expect(await addresses(dns.port, 'site.ext')).toBe('NXDOMAIN');
    expect(await addresses(dns.port, 'both.ext')).toBe('203.0.113.1');
    behaviour = refusing('NOERROR');
    const nodata = await ask(dns.port, 'site.ext', { type: Packet.TYPE.AAAA });
    expect([nodata.header.rcode, nodata.answers.length]).toEqual([0, 1]);
    behaviour = refusing('SERVFAIL');
    expect(await addresses(dns.port, 'site.ext')).toBe('SERVFAIL');
    expect(await addresses(dns.port, 'both.ext.rancher.internal')).toBe('203.0.113.1');
    expect(new Set(upstream.asked.map((asked) => asked.split(' ')[0]))).toEqual(new Set(['www.example.com']));
  });
});
