import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { Packet } from 'dns2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveDns } from '../../dns/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { viewOf } from '../../view/index.ts';
import { createResources } from '../support/resources.ts';
import { container, declaration, snapshot, type World } from '../view/world.ts';
import { addresses, ask, dig, digPlain, exchange, queryFor, startDns, type TestDns } from './wire.ts';

const many = (service: string, count: number) =>
  Array.from({ length: count }, (_, n) =>
    container(`${service}-${n}`, `big/${service}`, `10.43.${n >> 8}.${n & 255}`, { serviceIndex: n }),
  );
const WORLD: World = {
  containers: [
    container('w1', 'shop/web', '10.42.1.1'),
    container('w2', 'shop/web', '10.42.1.2'),
    container('w3', 'shop/web', '10.42.1.3'),
    ...many('forty', 40),
    ...many('hundred', 100),
    ...many('thousands', 5_000),
  ],
  declarations: [
    declaration('ext/ips', { kind: 'externalService', externalIps: ['2001:db8::1', '2001:db8::2'] }),
    declaration('ext/alias', { kind: 'externalService', hostname: 'www.example.com' }),
  ],
};

const resources = createResources();
let dns: TestDns;
beforeAll(async () => {
  dns = await startDns(resources, WORLD);
});
afterAll(() => resources.close());

describe('replies to dig', () => {
  test('Q9 an existing name: AA, RA, TTL 1, and NODATA with SOA for other types', async () => {
    const a = await dig(dns.port, 'web.shop.rancher.internal');
    expect(a).toMatch(/status: NOERROR[\s\S]*flags: qr aa rd ra; QUERY: 1, ANSWER: 3/);
    expect(a).toMatch(/^web\.shop\.rancher\.internal\.\s+1\s+IN\s+A\s+10\.42\.1\.1$/m);
    for (const type of ['AAAA', 'MX', 'TXT', 'SRV', 'HTTPS', 'TYPE65280']) {
      const none = await dig(dns.port, 'web.shop.rancher.internal', type);
      expect(none).toMatch(/status: NOERROR[\s\S]*flags: qr aa rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 1/);
      expect(none).toMatch(/^rancher\.internal\.\s+1\s+IN\s+SOA\s+rancher\.internal\. hostmaster.* 1$/m);
    }
  });

  test('Q10 an unknown name: NXDOMAIN with SOA, at once', async () => {
    const start = performance.now();
    expect(await dig(dns.port, 'nosuch.shop.rancher.internal')).toMatch(
      /NXDOMAIN[\s\S]*aa rd ra;.*AUTHORITY: 1[\s\S]*SOA/,
    );
    expect(await dig(dns.port, 'nosuch', 'AAAA')).toMatch(/NXDOMAIN[\s\S]*aa rd ra;.*AUTHORITY: 1/);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('the question is repeated as sent, and the answer has the same letter case', async () => {
    const { questions, answers } = await ask(dns.port, 'wEb.ShOp');
    expect([questions[0]?.name, answers[0]?.name]).toEqual(['wEb.ShOp', 'wEb.ShOp']);
  });

  test('RD is copied; EDNS only for clients that use it; an unknown version is BADVERS', async () => {
    expect(await dig(dns.port, '+norecurse', 'web.shop')).toMatch(/flags: qr aa ra;/);
    expect(await dig(dns.port, '+noedns', 'web.shop')).not.toMatch(/EDNS/);
    expect(await dig(dns.port, '+edns=1', '+noednsnegotiation', 'web.shop')).toMatch(/BADVERS/);
    expect(await dig(dns.port, '+subnet=192.0.2.0/24', 'web.shop')).toMatch(/NOERROR/);
  });

  test('other classes and opcodes are NOTIMP; transfers are REFUSED', async () => {
    expect(await dig(dns.port, 'version.bind', 'CH', 'TXT')).toMatch(/status: NOTIMP/);
    expect(await dig(dns.port, '+opcode=status', 'web.shop')).toMatch(/status: NOTIMP/);
    expect(await dig(dns.port, 'rancher.internal', 'AXFR')).toMatch(/Transfer failed/);
  });

  test('ANY: HINFO for names with records, the CNAME of an alias, NXDOMAIN for missing names', async () => {
    const any = (name: string) => dig(dns.port, name, 'ANY', '+notcp', '+noall', '+answer', '+authority', '+comments');
    expect(await any('web.shop')).toMatch(/NOERROR[\s\S]*aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0/);
    expect(await any('web.shop')).toMatch(/IN\s+HINFO\s+\\?"RFC8482/);
    expect(await any('rancher.internal')).toMatch(/NOERROR[\s\S]*ANSWER: 1/);
    expect(await any('alias.ext')).toMatch(/ANSWER: 1, [\s\S]*IN\s+CNAME\s+www\.example\.com\./);
    expect(await any('nosuch.shop.rancher.internal')).toMatch(/NXDOMAIN[\s\S]*aa rd ra; [\s\S]*SOA/);
  });

  test('cookies: dig accepts its own half, ours is valid the next time; a wrong length is FORMERR', async () => {
    const asked = (...args: readonly string[]) => digPlain(dns.port, '+tries=1', ...args, 'web.shop');
    const cookie = /COOKIE: ([0-9a-f]{48}) \(good\)/.exec(await asked())?.[1] ?? '';
    expect(cookie).toHaveLength(48);
    expect(await asked(`+cookie=${cookie}`)).toContain(`COOKIE: ${cookie} (good)`);
    expect(await asked('+ednsopt=10:0102030405060708ff', '+nocookie')).toMatch(/status: FORMERR/);
    expect(await asked('+nocookie')).not.toContain('COOKIE');
  });

  test('DO is copied; keepalive is sent over TCP to clients that ask', async () => {
    expect(await dig(dns.port, '+dnssec', 'web.shop')).toMatch(/EDNS: version: 0, flags: do; udp: 1232/);
    expect(await dig(dns.port, '+tcp', '+keepalive', 'web.shop')).toMatch(/TCP[- ]KEEPALIVE: 10\.0 secs/i);
    expect(await dig(dns.port, '+keepalive', 'web.shop')).not.toMatch(/KEEPALIVE:/i);
  });

  test('TCP, several queries on one connection, and a bare root', async () => {
    expect(
      await dig(dns.port, '+tcp', '+keepopen', '+short', 'rancher-metadata', 'rancher-metadata.rancher.internal'),
    ).toBe('169.254.169.250\n169.254.169.250\n');
    expect(await dig(dns.port, '.', 'NS')).toMatch(/status: SERVFAIL/);
  });

  test('reverse lookups', async () => {
    expect(await dig(dns.port, '+short', '-x', '10.42.1.2')).toBe('w2.rancher.internal.\n');
  });
});

describe('rotation', () => {
  test('Q32 every answer has all addresses and begins strictly with the next one', async () => {
    const first = [];
    for (let n = 0; n < 9; n += 1) {
      const given = (await addresses(dns.port, n % 2 ? 'web.shop' : 'WEB.shop.rancher.internal')).split(' ');
      expect([...given].sort()).toEqual(['10.42.1.1', '10.42.1.2', '10.42.1.3']);
      first.push(given[0]);
    }
    expect(first.slice(3)).toEqual(first.slice(0, 6));
    expect(new Set(first).size).toBe(3);
  });

  test('queries of another type do not rotate', async () => {
    const one = (await addresses(dns.port, 'web.shop')).split(' ')[0];
    await ask(dns.port, 'web.shop', { type: Packet.TYPE.AAAA });
    const two = (await addresses(dns.port, 'web.shop')).split(' ')[0];
    const order = ['10.42.1.1', '10.42.1.2', '10.42.1.3'];
    expect((order.indexOf(two ?? '') + 3 - order.indexOf(one ?? '')) % 3).toBe(1);
  });
});

describe('Q30 big answers', () => {
  test.each([
    ['3', 'web.shop', {}, 3],
    ['40, without EDNS', 'forty.big', {}, 30],
    ['40, EDNS 300, which counts as 512', 'forty.big', { edns: 300 }, 29],
    ['40, EDNS 1232', 'forty.big', { edns: 1_232 }, 40],
    ['100, EDNS 1232', 'hundred.big', { edns: 1_232 }, 74],
    ['100, EDNS 4096, from this host', 'hundred.big', { edns: 4_096 }, 100],
    ['100, TCP', 'hundred.big', { tcp: true }, 100],
    ['5,000, EDNS 65535', 'thousands.big', { edns: 65_535 }, 4_091],
  ])('%s: as many addresses as fit, with TC if there are more', async (title, name, options, expected) => {
    const { header, answers, errors } = await ask(dns.port, name, options);
    expect(errors).toEqual([]);
    const count = Number(/^[\d,]+/.exec(title)?.[0].replaceAll(',', ''));
    expect([header.tc, new Set(answers.map(({ address }) => address)).size]).toEqual([
      expected < count ? 1 : 0,
      expected,
    ]);
  });

  test('each truncated reply begins with the next record: the endpoints take part equally', async () => {
    const times = new Map<string, number>();
    for (let n = 0; n < 40; n += 1) {
      const { answers } = await ask(dns.port, 'forty.big');
      for (const { address = '' } of answers) times.set(address, (times.get(address) ?? 0) + 1);
    }
    expect([...times.values()]).toEqual(Array.from({ length: 40 }, () => 30));
  });

  test('smaller datagrams, if configured', async () => {
    const small = await startDns(resources, WORLD, { udpPayloadBytes: 1_232 });
    const cut = await ask(small.port, 'hundred.big', { edns: 4_096 });
    expect([cut.header.tc, cut.answers.length]).toEqual([1, 74]);
  });

  test('5,000 addresses over TCP: as many as fit, another subset each time', async () => {
    const start = performance.now();
    const one = await ask(dns.port, 'thousands.big', { tcp: true });
    const two = await ask(dns.port, 'thousands.big', { tcp: true });
    expect(one.answers.length).toBeGreaterThan(4_000);
    expect(one.answers[0]?.address).not.toBe(two.answers[0]?.address);
    expect(one.header.tc).toBe(0);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  test('dig retries over TCP by itself', async () => {
    expect((await dig(dns.port, '+short', '+bufsize=512', 'hundred.big')).trim().split('\n')).toHaveLength(100);
  });
});

describe('bytes that are not a query', () => {
  test('10,000 random messages: the server still answers', async () => {
    const flood = 10_000;
    const random = createRandom();
    const before = dns.server.stats();
    const socket = createSocket('udp4');
    socket.on('error', () => undefined);
    for (let n = 0; n < flood; n += 1) {
      socket.send(randomMessage(n, random), dns.port, '127.0.0.1');
      // So that no queue drops messages of the test; ANY waits behind them.
      if (n % 100 === 99) await ask(dns.port, 'web.shop', { type: Packet.TYPE.ANY });
    }
    expect(await addresses(dns.port, 'rancher-metadata')).toBe('169.254.169.250');
    const after = dns.server.stats();
    const judged = after.queries + after.malformed - before.queries - before.malformed;
    expect(judged).toBeGreaterThan(flood * 0.9);
    socket.close();
  });

  test('a broken query is FORMERR with its id; replies and fragments are not answered', async () => {
    const broken = Buffer.concat([queryFor('web').subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]);
    const reply = await exchange(dns.port, broken);
    expect([reply.readUInt16BE(0), reply.readUInt8(3) & 0xf, reply.length]).toEqual([0x1234, Packet.RCODE.FORMERR, 12]);
    const answered = Buffer.from(queryFor('web'));
    answered.writeUInt8(0x81, 2);
    await expect(exchange(dns.port, answered, { timeoutMs: 200 })).rejects.toThrow('no reply');
    await expect(exchange(dns.port, Buffer.from('crumb'), { timeoutMs: 200 })).rejects.toThrow('no reply');
  });

  test('a name with a dot inside a label does not exist, and is repeated as sent', async () => {
    const query = Buffer.from('123401000001000000000000037765620473682e70000001 0001'.replaceAll(' ', ''), 'hex');
    const reply = await exchange(dns.port, query);
    expect(reply.subarray(12, query.length)).toEqual(query.subarray(12));
    expect(reply.readUInt8(3) & 0xf).toBe(Packet.RCODE.SERVFAIL);
  });

  test('TCP: broken frames, partial frames, one byte at a time, a hundred in one write, and a client that disconnects', async () => {
    for (const bytes of [Buffer.from([0, 3, 1, 2, 3]), Buffer.from([0xff, 0xff, 1]), Buffer.alloc(0)]) {
      const socket = createConnection(dns.port, '127.0.0.1');
      socket.end(bytes);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    }
    const query = queryFor('rancher-metadata');
    const framed = Buffer.concat([Buffer.from([0, query.length]), query]);
    const slow = createConnection({ port: dns.port, host: '127.0.0.1', noDelay: true });
    for (const byte of framed) slow.write(Buffer.from([byte]));
    expect(Packet.parse(await Packet.readStream(slow)).answers).toHaveLength(1);
    slow.destroy();
    const all = createConnection(dns.port, '127.0.0.1');
    all.end(Buffer.concat(new Array<Buffer>(100).fill(framed)));
    let size = 0;
    all.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    await new Promise((resolve) => all.once('close', resolve));
    expect(size).toBe(100 * (2 + query.length + 16));
  });
});

test('an address in use is reported; close() is idempotent', async () => {
  const view = viewOf(snapshot({}), 'a');
  const parts = {
    view: () => view,
    onChange: () => () => {},
    identify: async () => false,
    upstreams: () => [],
    clock: systemClock,
    log: createLog('dns', { level: 'silent', format: 'json' }),
  };
  const listen = [{ address: '127.0.0.1', port: dns.port }];
  await expect(serveDns(parts, { listen })).rejects.toThrow(
    `cannot listen for DNS on 127.0.0.1 port ${dns.port}: another program`,
  );
  const other = await serveDns(parts, { listen: [{ address: '127.0.0.1', port: 0 }] });
  await Promise.all([other.close(), other.close()]);
  await other.close();
});

test('an internal error becomes SERVFAIL, and the server keeps running', async () => {
  const fault = () => {
    throw new Error('the state is gone');
  };
  const log = createLog('dns', { level: 'silent', format: 'json' });
  const broken = await serveDns(
    {
      view: fault,
      onChange: () => () => {},
      identify: async () => false,
      upstreams: () => [],
      clock: systemClock,
      log,
    },
    { listen: [{ address: '127.0.0.1', port: 0 }] },
  );
  resources.add('broken server', () => broken.close());
  const port = broken.addresses[0]?.port ?? 0;
  for (const tcp of [false, true]) expect(await addresses(port, 'web.shop', { tcp })).toBe('SERVFAIL');
  expect(broken.stats().answers).toEqual({ SERVFAIL: 2 });
});

test('throughput of one client with 64 queries in flight (printed)', async () => {
  const socket = createSocket('udp4');
  const query = queryFor('web.shop.rancher.internal');
  const total = 10_000;
  let sent = 0;
  let got = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const next = () => {
    sent += 1;
    socket.send(query, dns.port, '127.0.0.1');
  };
  socket.on('message', () => {
    got += 1;
    if (sent < total) next();
    else if (got >= total) resolve();
  });
  const start = performance.now();
  for (let n = 0; n < 64; n += 1) next();
  await promise;
  socket.close();
  console.info(
    `${Math.round((total / (performance.now() - start)) * 1000)} queries/s, client and server in one process`,
  );
});

/** A Lehmer generator: the same bytes in every run. */
function createRandom(): (below: number) => number {
  let state = 42;
  return (below) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
}

/** A third is random bytes, the rest are queries with some bytes changed. */
function randomMessage(n: number, random: (below: number) => number): Buffer {
  if (n % 3 === 0) return Buffer.from(Array.from({ length: random(200) }, () => random(256)));
  const query = queryFor('log.web.shop.rancher.internal', { edns: 1_232 });
  for (let changes = 0; changes < 1 + random(4); changes += 1) query[random(query.length)] = random(256);
  return query;
}
