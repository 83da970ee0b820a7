import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../system/index.ts';
import { poll } from '../support/poll.ts';
import { at, BRIDGE, container } from '../view/world.ts';
import { exchange, get } from './raw-http.ts';
import { startServer, type TestServer } from './serve.ts';
import { SHOP } from './shop.ts';

describe('metadata over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(SHOP);
  });
  afterAll(() => server.server.close());

  it('returns text as shell scripts expect', async () => {
    const read = async (path: string) => (await server.getAs('10.42.1.7', path)).body;
    expect(await read('/')).toBe('2015-07-25\n2015-12-19\n2016-07-29\nlatest\n');
    expect(await read('/latest/self/service/name')).toBe('web');
    expect(await read('/latest/self/container/primary_ip')).toBe('10.42.1.7');
    expect(await read('/latest/self/container/ips')).toBe('0\n');
    expect(await read('/latest/self/container/labels/a%2Fb')).toBe('x<y');
    expect(await read('/latest/self/host/labels/spaced+key')).toBe('x');
    expect(await read('/latest/self/service/metadata/greeting')).toBe('hello');
    expect(await read('/latest/self/service/metadata/list')).toBe('0=r1\n1=r2\n');
    expect(await read('/latest/self/service/metadata/ratio')).toBe('0.5');
    expect(await read('/latest/self/service/containers')).toBe('0=shop-web-1\n1=shop-web-2\n');
    expect(await read('/latest/self')).toBe('container/\nhost/\nservice/\nstack/\n');
    expect(await read('/2015-12-19/self/service/name')).toBe('Web');
    expect(await read('/latest/services/WEB/scale')).toBe('2');
    expect(await read('/latest/region_name')).toBe('');
  });

  it('sends the Content-Type of the format', async () => {
    const typeOf = async (accept: string) =>
      (await server.get('/latest/self/host', { Accept: accept })).headers['content-type'];
    expect(await typeOf('*/*')).toBe('text/plain; charset=utf-8');
    expect(await typeOf('application/json')).toBe('application/json');
    expect(await typeOf('text/yaml')).toBe('application/yaml');
    expect(await server.get('/latest/nope', { Accept: 'application/json' })).toMatchObject({
      status: 404,
      headers: {
        'content-type': 'application/json',
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
      },
      body: '{"code":404,"message":"Not found","type":"error"}\n',
    });
  });

  it('replies 404 to a path through null', async () => {
    expect(await server.getAs('198.51.100.9', '/latest/self/service/name')).toMatchObject({
      status: 404,
      body: 'Not found\n',
    });
    expect(await server.getAs('10.42.1.7', '/latest/self/service/vip/x')).toMatchObject({ status: 404 });
  });

  it('trusts X-Forwarded-For from trusted proxies only', async () => {
    await using open = await startServer(SHOP, { trustedProxies: [] });
    expect((await open.getAs('10.42.1.7', '/latest/self')).body).toBe('host/\n');
    expect((await server.getAs('198.51.100.7, 10.42.1.7', '/latest/self/container/name')).body).toBe('shop-web-1');
    expect((await server.getAs('10.42.1.7, 198.51.100.7', '/latest/self')).body).toBe('host/\n');
    expect((await server.getAs('10.42.1.7, 127.0.0.1', '/latest/self/container/name')).body).toBe('shop-web-1');
    await expect(startServer(SHOP, { trustedProxies: ['10.0.0.0/33'] })).rejects.toThrow('trusted proxy 10.0.0.0/33');
  });

  it('listens on several addresses, and reports an address that is in use', async () => {
    await using two = await startServer(SHOP, {
      listen: [
        { address: '127.0.0.1', port: 0 },
        { address: '::1', port: 0 },
      ],
    });
    expect(two.server.addresses).toHaveLength(2);
    const listen = [{ address: '127.0.0.1', port: two.port }];
    await expect(startServer(SHOP, { listen })).rejects.toThrow(
      /cannot listen on 127.0.0.1 port \d+: .*EADDRINUSE.*ss -ltnp/,
    );
  });

  it('sends an ETag, and 304 if the client has the value', async () => {
    const first = await server.get('/latest/services', { Accept: 'application/json' });
    const tag = first.headers.etag ?? '';
    const again = { Accept: 'application/json', 'If-None-Match': `"x", W/${tag}` };
    expect(await server.get('/latest/services', again)).toMatchObject({
      status: 304,
      body: '',
      headers: { etag: tag },
    });
    expect((await server.get('/latest/services', { 'If-None-Match': tag })).status).toBe(200);
    expect((await server.get('/latest/services', { 'If-None-Match': '*' })).status).toBe(200);
    expect((await server.get('/latest/nope', { 'If-None-Match': tag })).headers.etag).toBeUndefined();
  });

  it('keeps a connection open for many requests, including HEAD and errors', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (method: string, path: string) =>
      new Promise<number>((resolve, reject) => {
        request({ agent, port: server.port, host: '127.0.0.1', method, path }, (reply) => {
          reply.resume().once('end', () => resolve(reply.statusCode ?? 0));
        })
          .once('error', reject)
          .end();
      });
    const before = server.server.stats().connections;
    expect(await ask('GET', '/latest')).toBe(200);
    expect(await ask('HEAD', '/latest/services')).toBe(200);
    expect(await ask('GET', '/latest/nope')).toBe(404);
    expect(await ask('GET', '/latest//name')).toBe(301);
    expect(await ask('GET', '/latest/name')).toBe(200);
    expect(server.server.stats().connections).toBe(before + 1);
    agent.destroy();
  });

  it('does not serve an empty tree before the first snapshot', async () => {
    await using fresh = await startServer({ hosts: [], complete: false });
    expect((await fresh.get('/')).body).toBe('latest\n');
    expect(await fresh.get('/latest')).toMatchObject({ status: 404, body: 'Not found\n' });
    expect(await fresh.get('/2016-07-29/self')).toMatchObject({ status: 404, body: 'Invalid version\n' });
    const waiting = fresh.getAs('10.42.1.7', '/latest/self/container/name?wait=true&value=x&maxWait=20');
    await poll(() => fresh.server.stats().waiting === 1, { what: 'the long poll' });
    fresh.show(SHOP);
    expect((await waiting).body).toBe('shop-web-1');
    expect((await fresh.get('/')).body).toContain('2016-07-29');
  });

  it('counts requests and replies', async () => {
    await using counted = await startServer(SHOP);
    await counted.get('/latest');
    await counted.get('/latest/nope');
    await counted.get('/latest/%zz');
    await poll(() => counted.server.stats().connections === 0, { what: 'the connections to end' });
    expect(counted.server.stats()).toEqual({
      requests: 3,
      notFound: 1,
      badRequests: 1,
      held: 0,
      failed: 0,
      connections: 0,
      waiting: 0,
      snapshots: 0,
    });
  });
});

describe('a client that is not known yet', () => {
  const STRANGER = '172.17.0.77';
  const stranger = container('new-id', 'Shop/Web', null, { name: 'new', addresses: [at(BRIDGE, STRANGER)] });
  const known = { ...SHOP, containers: [...SHOP.containers, stranger] };
  /** A clock on which no wait ends. */
  const endless: Clock = { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(600_000, signal) };

  it('waits while Drover inspects it, and is answered as the new container', async () => {
    const asked: string[] = [];
    const server = await startServer(SHOP, {
      parts: {
        identify: async (address) => {
          asked.push(address);
          await systemClock.sleep(30);
          server.show(known);
          return true;
        },
      },
    });
    const replies = await Promise.all([1, 2, 3].map(() => server.getAs(STRANGER, '/latest/self/container/name')));
    expect(replies.map(({ body }) => body)).toEqual(['new', 'new', 'new']);
    expect(asked).toEqual([STRANGER]);
    expect(server.server.stats().held).toBe(3);
    await server.server.close();
  });

  it('waits if the inspect ends before the view has the container', async () => {
    await using server = await startServer(SHOP, { parts: { identify: async () => true } });
    const waiting = server.getAs(STRANGER, '/latest/self/container/name');
    await poll(() => server.server.stats().held === 1, { what: 'the request', intervalMs: 1 });
    await systemClock.sleep(20);
    server.show(known);
    expect((await waiting).body).toBe('new');
  });

  it('is answered at the change of the view even if the inspect never ends', async () => {
    await using server = await startServer(SHOP, { parts: { identify: () => new Promise(() => {}), clock: endless } });
    const waiting = server.getAs(STRANGER, '/latest/self/container/name');
    await poll(() => server.server.stats().held === 1, { what: 'the request', intervalMs: 1 });
    server.show(known);
    expect((await waiting).body).toBe('new');
  });

  it('waits at most 250 ms, and is then answered as an unknown client', async () => {
    await using server = await startServer(SHOP, { parts: { identify: () => new Promise(() => {}) } });
    const start = performance.now();
    expect((await server.getAs(STRANGER, '/latest/self')).body).toBe('host/\n');
    expect(performance.now() - start).toBeGreaterThan(245);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it.each([
    ['unknown', async () => false],
    ['an error', () => Promise.reject(new Error('Docker is down'))],
  ])('does not wait longer when the inspect ends with %s', async (_, identify) => {
    await using server = await startServer(SHOP, { parts: { identify, clock: endless } });
    expect((await server.getAs(STRANGER, '/latest/self')).body).toBe('host/\n');
  });

  it('does not wait if it is on no network of this host', async () => {
    await using server = await startServer(SHOP, { parts: { identify: () => new Promise(() => {}) } });
    await server.getAs('198.51.100.1', '/latest/self');
    expect(server.server.stats().held).toBe(0);
  });

  it('is an unknown client again after its container is removed', async () => {
    await using server = await startServer(known);
    expect((await server.getAs(STRANGER, '/latest/self/container/name')).body).toBe('new');
    server.show(SHOP);
    expect((await server.getAs(STRANGER, '/latest/self')).body).toBe('host/\n');
  });
});

describe('bad input', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(SHOP, { maxConnectionsPerClient: 20, trustedProxies: [] });
  });
  afterAll(() => server.server.close());
  const send = (bytes: string | Buffer) => exchange(server.port, bytes);
  const stillServes = async () => expect((await server.get('/latest/name')).body).toBe('default');

  const cases: readonly (readonly [what: string, bytes: string | Buffer, status: number])[] = [
    ['a target of 20 kB', `GET /latest/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['2,000 headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(3_000)}\r\n`, 431],
    ['a path of 8,000 segments', `GET /latest${'/a'.repeat(8_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 404],
    ['a broken escape', 'GET /latest/%g1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['text that is not HTTP', 'hello\r\n\r\n', 404],
    ['bytes', Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 37) % 256)), 400],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 404],
    ['no host', 'GET /latest HTTP/1.1\r\n\r\n', 400],
    ['CONNECT', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['a body on POST', `POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(900_000)}`, 404],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400],
    ['high bytes and garbage', 'GET /\xfc HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\nConnection: close\r\n\r\n', 417],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 404],
  ];
  it.each(cases)('%s gets an error, and the server continues', async (_, bytes, status) => {
    expect([status, 400, 404, 0]).toContain((await send(bytes)).status);
    await stillServes();
  });

  it('closes a connection that sends its request too slowly', async () => {
    const start = performance.now();
    const reply = await send('GET /latest HTTP/1.1\r\nHost: x\r\n');
    expect(reply.status).toBe(408);
    expect(performance.now() - start).toBeLessThan(25_000);
  });

  it('limits the connections of one client', async () => {
    const closed = await Promise.all(
      Array.from({ length: 30 }, () =>
        get(server.port, '/latest/version?wait=true&value=&maxWait=1').then(({ status }) => status),
      ),
    );
    expect(closed.filter((status) => status === 200).length).toBeGreaterThan(0);
    await poll(() => server.server.stats().connections === 0, { what: 'the end of these connections' });
    const hanging = Array.from({ length: 30 }, () =>
      get(server.port, '/latest/nope?wait=true&value=&maxWait=1').then(({ status }) => status),
    );
    const statuses = await Promise.all(hanging);
    expect(statuses.filter((status) => status === 404)).toHaveLength(20);
    expect(statuses.filter((status) => status === 0)).toHaveLength(10);
    await poll(() => server.server.stats().connections === 0, { what: 'the connections to end' });
    await stillServes();
  });

  it('a disconnect ends the long poll', async () => {
    const { connect } = await import('node:net');
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /latest/nope?wait=true&value=&maxWait=60 HTTP/1.1\r\nHost: x\r\n\r\n');
    await poll(() => server.server.stats().waiting === 1, { what: 'the long poll' });
    socket.destroy();
    await poll(() => server.server.stats().waiting === 0, { what: 'its end' });
  });

  it('no request failed', () => expect(server.server.stats().failed).toBe(0));
});

describe('close()', () => {
  it('answers long polls with the present value, ends all connections, and is idempotent', async () => {
    const server = await startServer(SHOP);
    const version = (await server.get('/latest/version')).body;
    const waiting = server.get(`/latest/version?wait=true&value=${version}&maxWait=60`);
    await poll(() => server.server.stats().waiting === 1, { what: 'the long poll' });
    await Promise.all([server.server.close(), server.server.close()]);
    expect(await waiting).toMatchObject({ status: 200, body: version });
    await server.server.close();
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(server.port, '127.0.0.1', resolve));
    free.close();
  });
});

it('serves all other paths if one object cannot be created', async () => {
  const broken = container('broken-id', 'Shop/Broken', '10.42.1.66', { ports: null as unknown as [] });
  await using server = await startServer({ ...SHOP, containers: [...SHOP.containers, broken] });
  expect((await server.get('/latest/version')).status).toBe(500);
  expect(await server.get('/latest/hosts/a/name')).toMatchObject({ status: 200, body: 'a' });
  expect(server.server.stats().failed).toBe(1);
});
