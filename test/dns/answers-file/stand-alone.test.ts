import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Packet } from 'dns2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { refusing, startUpstream, type UpstreamServer, withAddress } from '../upstream-server.ts';
import { addresses, ask, dig } from '../wire.ts';
import { type StandAlone, shopFile, startInternet, startStandAlone } from './stand-alone.ts';

const resources = createResources();
let upstream: UpstreamServer;
let server: StandAlone;
beforeAll(async () => {
  upstream = await startInternet(resources);
  server = await startStandAlone(resources, { text: await shopFile(upstream.at), flags: ['-ndots=0'] });
});
afterAll(() => resources.close());

describe('cases from the tests of rancher-dns', () => {
  test('TCP and EDNS, for own and for forwarded names', async () => {
    for (const name of ['web.shop.rancher.internal', 'www.example.com']) {
      expect(await dig(server.port, '+tcp', name)).toMatch(/status: NOERROR[\s\S]*\(TCP\)/);
      expect(await dig(server.port, '+edns=0', name)).toMatch(/status: NOERROR[\s\S]*EDNS: version: 0/);
    }
  });

  test('ANY is NOTIMP', async () => {
    expect(await dig(server.port, '+notcp', 'www.example.com', 'ANY')).toMatch(/status: NOTIMP/);
    expect(await dig(server.port, '+notcp', 'web.shop', 'ANY')).toMatch(/status: NOTIMP/);
  });

  test('RD and RA in forwarded replies, AA in own replies', async () => {
    expect(await dig(server.port, 'www.example.com')).toMatch(/flags: qr rd ra;/);
    expect(await dig(server.port, 'nosuch.example.com')).toMatch(/status: NXDOMAIN[\s\S]*flags: qr rd ra;/);
    expect(await dig(server.port, 'x.rancher.internal')).toMatch(/status: NXDOMAIN[\s\S]*flags: qr aa rd ra;/);
  });

  test('missing type: NODATA; missing name: NXDOMAIN; both with the SOA of the domain', async () => {
    const soa = /^rancher\.internal\.\s+1\s+IN\s+SOA\s/m;
    const none = await dig(server.port, 'web.shop.rancher.internal', 'AAAA');
    expect(none).toMatch(/status: NOERROR[\s\S]*ANSWER: 0, AUTHORITY: 1/);
    expect(none).toMatch(soa);
    const missing = await dig(server.port, 'nonexisting.rancher.internal', 'AAAA');
    expect(missing).toMatch(/status: NXDOMAIN[\s\S]*ANSWER: 0, AUTHORITY: 1/);
    expect(missing).toMatch(soa);
  });

  test('a very long name', async () => {
    const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.rancher.internal`;
    expect(await dig(server.port, name)).toMatch(new RegExp(`^${name}\\.\\s+600\\s+IN\\s+A\\s+10\\.42\\.0\\.11$`, 'm'));
  });

  test('an alias is followed by the records of its target, always in this order', async () => {
    for (let n = 0; n < 50; n += 1) {
      const { answers } = await ask(server.port, 'ext.shop.rancher.internal');
      expect(answers.map(({ type }) => type)).toEqual([Packet.TYPE.CNAME, Packet.TYPE.A]);
      expect(answers[0]?.domain).toBe('www.example.com');
    }
  });
});

describe('askers', () => {
  test.each([
    ['127.0.0.1', 'web', '10.42.0.5 10.42.0.6'],
    ['127.0.0.1', 'log', '10.42.0.5'],
    ['127.0.0.9', 'web', 'NXDOMAIN'],
    ['127.0.0.9', 'web.shop', '10.42.0.5 10.42.0.6'],
    ['127.0.0.2', 'web.shop', '10.42.0.5 10.42.0.6'],
    ['127.0.0.2', 'web.shop.rancher.internal', '10.42.9.9'],
    ['127.0.0.2', 'mysql', '127.0.0.3'],
    ['127.0.0.9', 'mysql', '172.16.2.3'],
    ['127.0.0.2', 'database', 'NXDOMAIN'],
  ])('%s asks %s: %s, over UDP and TCP', async (from, name, expected) => {
    for (const tcp of [false, true]) {
      const given = (await addresses(server.port, name, { from, tcp })).split(' ').sort().join(' ');
      expect(given).toBe(expected);
    }
  });

  test('the asker’s own resolvers are asked before the common ones', async () => {
    const failing = await startUpstream(resources, refusing('SERVFAIL'));
    const own = await startUpstream(resources, (request, reply) => withAddress(request, reply, '192.0.2.7'));
    const text = JSON.stringify({
      default: { recurse: [failing.at, upstream.at] },
      '127.0.0.1': { recurse: [own.at] },
    });
    const { port } = await startStandAlone(resources, { text });
    expect(await addresses(port, 'www.example.com', { from: '127.0.0.1' })).toBe('192.0.2.7');
    expect(await addresses(port, 'www.example.com', { from: '127.0.0.9' })).toBe('192.0.2.1');
    expect(failing.asked).toEqual(['www.example.com 1 udp']);
  });
});

describe('TTLs', () => {
  test('TTLs of own records are constant; TTLs of upstream records count down, each by itself', async () => {
    const ttls = async (name: string) => (await ask(server.port, name)).answers.map(({ ttl }) => ttl);
    expect(await ttls('web.shop')).toEqual([600, 600]);
    expect(await ttls('db.store')).toEqual([42]);
    expect(await ttls('chain')).toEqual([11, 600, 42]);
    await ask(server.port, 'www.example.com');
    await poll(async () => ((await ttls('www.example.com'))[0] ?? 999) < 299, { what: 'the TTL to count down' });
    expect(await ttls('web.shop')).toEqual([600, 600]);
  });

  test('--ttl applies to records without TTL, and limits the cache time of upstream replies', async () => {
    const { port } = await startStandAlone(resources, { text: await shopFile(upstream.at), flags: ['--ttl', '1'] });
    expect((await ask(port, 'web.shop')).answers[0]?.ttl).toBe(1);
    expect((await ask(port, 'db.store')).answers[0]?.ttl).toBe(42);
    const before = upstream.asked.length;
    await poll(
      async () => {
        await ask(port, 'www.example.com');
        return upstream.asked.length - before >= 3;
      },
      { what: 'one upstream query each second', intervalMs: 100 },
    );
  });
});

describe('flags', () => {
  test('--ndots: names with this many dots are not completed', async () => {
    const { port } = await startStandAlone(resources, { text: await shopFile(upstream.at), flags: ['-ndots', '1'] });
    expect(await addresses(port, 'web', { from: '127.0.0.1' })).not.toBe('NXDOMAIN');
    expect(await addresses(port, 'web.shop', { from: '127.0.0.1' })).toBe('NXDOMAIN');
    expect(upstream.asked).toContain('web.shop 1 udp');
  });

  test('--never-recurse-to: these upstreams are never queried', async () => {
    const text = JSON.stringify({ default: { recurse: [upstream.at] } });
    const before = upstream.asked.length;
    const { port } = await startStandAlone(resources, { text, flags: ['--never-recurse-to', '10.9.9.9,127.0.0.1'] });
    expect(await addresses(port, 'www.example.com')).toBe('SERVFAIL');
    expect(upstream.asked.length).toBe(before);
  });

  test('--pid-file, and flags that are accepted and ignored', async () => {
    const dir = join(server.path, '..');
    const flags = ['--pid-file', join(dir, 'pid'), '-log', 'x', '-rancher-metadata-answer', '10.0.0.1', '-debug'];
    const { daemon } = await startStandAlone(resources, { text: '', flags });
    expect(await readFile(join(dir, 'pid'), 'utf8')).toBe(String(daemon.pid));
    expect(daemon.output()).toContain('--log is ignored');
    expect(daemon.output()).toContain('--rancher-metadata-answer is ignored');
  });

  test.each([
    [['--ttl', 'x'], '--ttl x: is not a whole number'],
    [['--metadata-server', 'localhost'], '--metadata-server: is not supported with --answers'],
    [['--no-such-flag'], 'argument --no-such-flag: unexpected argument'],
  ])('%s is wrong usage', async (flags, told) => {
    const starting = startStandAlone(resources, { text: '', flags });
    await expect(starting).rejects.toThrow(told);
  });
});

test('Q27 names of the file and names without a dot never reach an upstream', async () => {
  const fresh = await startInternet(resources);
  const { port } = await startStandAlone(resources, { text: await shopFile(fresh.at) });
  for (const name of [
    'nosuch',
    'web',
    'nosuch.rancher.internal',
    'rancher.internal',
    'web.shop',
    'dead.shop',
    'empty',
    'self',
  ]) {
    for (const type of [Packet.TYPE.A, Packet.TYPE.AAAA, Packet.TYPE.MX, Packet.TYPE.TXT])
      await ask(port, name, { type });
  }
  expect(fresh.asked.filter((asked) => !/^(nosuch\.example\.com) /.test(asked))).toEqual([]);
});

test('reserved names and questions about top-level domains are forwarded, as rancher-dns does', async () => {
  const public_ = await startUpstream(resources, (request, reply) => withAddress(request, reply, '192.0.2.7'));
  const text = JSON.stringify({ default: { recurse: [public_.at], authoritative: ['rancher.internal'], ptr: PTR } });
  const { port } = await startStandAlone(resources, { text });
  const names = [
    'a.test',
    'b.invalid',
    'c.onion',
    'd.alt',
    'e.localhost',
    'localhost',
    '_dns.resolver.arpa',
    'f.local',
  ];
  const reverse = ['1.0.0.127.in-addr.arpa', '9.0.42.10.in-addr.arpa', '1.2.0.192.in-addr.arpa'];
  for (const name of [...names, ...reverse]) expect(await addresses(port, name)).toBe('192.0.2.7');
  for (const type of [2, 6, 43, 48]) for (const name of ['com', 'internal']) await ask(port, name, { type });
  expect(public_.asked).toEqual([
    ...[...names, ...reverse].map((name) => `${name} 1 udp`),
    ...[2, 6, 43, 48].flatMap((type) => [`com ${type} udp`, `internal ${type} udp`]),
  ]);
  expect(await addresses(port, 'internal'), 'a name below it exists').toBe('NODATA');
});

const PTR = {
  '10.42.0.5': { answer: 'web.rancher.internal.' },
  '2001:db8::5': { answer: 'web.rancher.internal.' },
  'web-1.example.org.': { answer: 'web.rancher.internal.' },
};

test.each(['5.0.42.10.in-addr.arpa', `5.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, 'web-1.example.org'])(
  'a name with a PTR record has no records of other types, whatever an upstream says: %s',
  async (name) => {
    const other = await startUpstream(resources, (request, reply) => withAddress(request, reply, '192.0.2.7'));
    const text = JSON.stringify({ default: { recurse: [other.at], ptr: PTR }, '127.0.0.2': {} });
    const { port } = await startStandAlone(resources, { text });
    for (const from of ['127.0.0.1', '127.0.0.2']) {
      for (const type of [1, 2, 5, 6, 15, 16, 28, 33, 43, 65]) {
        const { header, answers, authorities } = await ask(port, name, { type, from });
        expect({ type, rcode: header.rcode, answers, soa: authorities.length }).toEqual({
          ...{ type, rcode: 0, answers: [], soa: 1 },
        });
      }
      expect((await ask(port, name, { type: 12, from })).answers).toHaveLength(1);
    }
    expect(other.asked).toEqual([]);
  },
);

test('NXDOMAIN becomes NODATA for AAAA of forwarded names', async () => {
  expect(await addresses(server.port, 'nosuch.example.com', { type: Packet.TYPE.AAAA })).toBe('NODATA');
  expect(await addresses(server.port, 'nosuch.example.com', { type: Packet.TYPE.MX })).toBe('NXDOMAIN');
});
