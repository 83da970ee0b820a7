import { once } from 'node:events';
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverArguments } from '../../../lb/render/index.ts';
import type { Backend, LbTable, Listener, Rule } from '../../../lb/table/table.ts';
import { NO_RULE_OPTIONS, parseHostPattern, type RuleOptions, type StickinessPolicy } from '../../../model/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { type Balancer, startBalancer } from '../../support/lb/balancer.ts';
import { ask, askEcho, askHttp2, headerOf, openRaw } from '../../support/lb/clients.ts';
import {
  startCloser,
  startEcho,
  startHttp2,
  startHttpsEcho,
  startRecorder,
  startTcp,
  startTls,
} from '../../support/lb/upstreams.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { type ServerCertificate, serverCertificate } from '../../support/server-certificate.ts';

// One HAProxy for all tests: each manner has a host name of its own on one port, or a port of its own.

const resources = createResources();
let balancer: Balancer;
let ports: Readonly<Record<string, number>>;
let certificates: Readonly<Record<'a' | 'b', ServerCertificate>>;

const LISTENERS = ['http', 'https', 'strict', 'tcp', 'tls', 'sni', 'proxy', 'own', 'alone'] as const;
const port = (name: (typeof LISTENERS)[number]): number => ports[name] ?? 0;

beforeAll(async () => {
  ports = Object.fromEntries(await Promise.all(LISTENERS.map(async (name) => [name, await freePort()])));
  const [a, b] = await Promise.all([
    serverCertificate('a.test', { names: ['a.test', '*.a.test'] }),
    serverCertificate('b.test', { names: ['b.test'] }),
  ]);
  certificates = { a, b };
  balancer = await startBalancer(resources, await mannersTable(), { certificates });
});
afterAll(() => resources.close());

const STICKY: StickinessPolicy = {
  ...{ name: null, cookie: null, domain: null, mode: 'insert' },
  ...{ indirect: true, nocache: true, postonly: false },
};

/** One rule and backend of a host name. */
interface Site {
  readonly host: string;
  readonly options?: Partial<RuleOptions>;
  readonly parts?: Partial<Backend>;
}

async function mannersTable(): Promise<LbTable> {
  const at = (address: string, to: number, parts = {}) => server(address, to, parts);
  const [one, two, six] = await Promise.all([
    startEcho(resources, 'one'),
    startEcho(resources, 'two'),
    startEcho(resources, 'six', '::1'),
  ]);
  const [h2, https, recorder, closer, tcp, tlsA, tlsB] = await Promise.all([
    startHttp2(resources),
    startHttpsEcho(resources, 'https', certificates.a),
    startRecorder(resources),
    startCloser(resources),
    startTcp(resources, 'tcp'),
    startTls(resources, 'tls a', certificates.a),
    startTls(resources, 'tls b', certificates.b),
  ]);
  const both = [at('127.0.0.1', one), at('127.0.0.1', two)];
  const single = [at('127.0.0.1', one)];
  const sites: readonly Site[] = [
    { host: 'echo.test', parts: { servers: single } },
    { host: 'six.test', parts: { servers: [at('::1', six)] } },
    { host: 'grpc.test', options: { proto: 'h2' }, parts: { servers: [at('127.0.0.1', h2)] } },
    {
      host: 'named.test',
      parts: { namedServers: [{ hostname: 'localhost', port: one, weight: 1, service: 'shop/ext' }] },
    },
    { host: 'upstream-tls.test', options: { proto: 'https' }, parts: { servers: [at('127.0.0.1', https)] } },
    { host: 'redirect.test', options: { redirectHttps: true, basicAuth: ['x:$5$y'] } },
    { host: 'auth.test', options: { basicAuth: [`ann:${ANN}`] }, parts: { servers: single } },
    { host: 'small.test', options: { maxBodyBytes: 100 }, parts: { servers: single } },
    { host: 'large.test', options: { maxBodyBytes: 100_000 }, parts: { servers: single } },
    { host: 'slow.test', options: { serverTimeoutMs: 300 }, parts: { servers: single } },
    { host: 'tunnel.test', options: { tunnelTimeoutMs: 1_000 }, parts: { servers: single } },
    { host: 'forwarded.test', options: { forwarded: true }, parts: { servers: single } },
    { host: 'gzip.test', options: { gzip: true }, parts: { servers: single } },
    { host: 'empty.test' },
    { host: 'proxy1.test', options: { sendProxy: 'v1' }, parts: { servers: [at('127.0.0.1', recorder)] } },
    { host: 'proxy2.test', options: { sendProxy: 'v2' }, parts: { servers: [at('127.0.0.1', recorder)] } },
    {
      host: 'insert.test',
      parts: { servers: both, stickiness: { ...STICKY, cookie: 'stick', domain: 'insert.test' } },
    },
    { host: 'auto.test', parts: { servers: both, stickiness: STICKY } },
    { host: 'auto2.test', parts: { servers: both, stickiness: STICKY } },
    { host: 'rewrite.test', parts: { servers: both, stickiness: { ...STICKY, cookie: 'app', mode: 'rewrite' } } },
    { host: 'prefix.test', parts: { servers: both, stickiness: { ...STICKY, cookie: 'app', mode: 'prefix' } } },
    { host: 'source.test', options: { balance: 'source' }, parts: { servers: both } },
    {
      host: 'drain.test',
      parts: { servers: [at('127.0.0.1', one, { state: 'drain' }), at('127.0.0.1', two)] },
    },
    { host: 'retry.test', parts: { servers: [at('127.0.0.1', closer), at('127.0.0.1', one)] } },
    { host: 'added.test', parts: { stickiness: { ...STICKY, cookie: 'stick' } } },
  ];
  const backends = sites.map(({ host, options, parts }) =>
    backend(host, { ...parts, options: { ...NO_RULE_OPTIONS, ...options } }),
  );
  const acme = rule('acme', {
    ...{ path: { kind: 'prefix', text: '/.well-known/acme-challenge/' }, priority: 1, backend: 'echo.test' },
  });
  const rules = [acme, ...sites.map(({ host }) => rule(host, { host: { kind: 'exact', text: host } }))];
  const tcpRules = (name: string, parts: Partial<Listener>) =>
    listener(port('tcp'), { protocol: 'tcp', rules: [rule(name, { backend: name })], ...parts });
  const sniRule = (host: string, to: string): Rule => {
    const pattern = parseHostPattern(host);
    return rule(`sni ${host}`, { host: pattern.ok ? pattern.value : null, backend: to });
  };
  const withCertificates = (name: 'https' | 'strict', names: readonly string[], first: string | null): Listener => {
    const chosen = { names, default: first };
    return listener(port(name), {
      protocol: 'https',
      certificates: chosen,
      rules: [rule(name, { backend: 'secure' })],
    });
  };
  return table({
    listeners: [
      listener(port('http'), { accessLog: true, errorPage: '<h1>nobody home</h1>', rules }),
      withCertificates('https', [], 'a'),
      withCertificates('strict', ['b'], null),
      tcpRules('tcp', { accessLog: true }),
      tcpRules('tls', { port: port('tls'), protocol: 'tls', certificates: { names: ['a'], default: 'a' } }),
      tcpRules('sni', {
        port: port('sni'),
        protocol: 'sni',
        rules: [sniRule('a.test', 'tlsA'), sniRule('*.x.test', 'tlsA'), sniRule('www.*', 'tlsB')],
      }),
      listener(port('proxy'), { acceptProxy: true, rules: [rule('proxy', { backend: 'echo.test' })] }),
      listener(port('own'), { balancers: ['shop/own'], rules: [rule('own', { balancer: 'shop/own' })] }),
    ],
    backends: [
      ...backends,
      backend('own', { balancer: 'shop/own', servers: single }),
      backend('secure', { protocol: 'https', servers: single }),
      backend('tcp', {
        protocol: 'tcp',
        servers: [at('127.0.0.1', tcp)],
        options: { ...NO_RULE_OPTIONS, tunnelTimeoutMs: 1_000 },
      }),
      backend('tls', { protocol: 'tls', servers: [at('127.0.0.1', tcp)] }),
      backend('tlsA', { protocol: 'sni', servers: [at('127.0.0.1', tlsA)] }),
      backend('tlsB', { protocol: 'sni', servers: [at('127.0.0.1', tlsB)] }),
    ],
    customConfigs: [{ balancer: 'shop/own', text: OWN_TEXT() }],
  });
}

/** Of the word `secret`. */
const ANN = '$5$drovertestsalt$AXBoNO.Cff7lBKp8bBBAmSqtHcUs.oNxuf3h1SppN01';

const OWN_TEXT = () => `
  global
    maxconn 1000
  defaults
    timeout http-request 300ms
    no option forwardfor
  backend
    http-request set-header X-Every yes
  backend own
    http-request set-header X-Own 'a "b"'
    server $IP maxconn 5 send-proxy
  frontend ${port('own')}
    http-request deny deny_status 429 if { path /teapot }
  listen alone
    mode http
    bind 127.0.0.1:${port('alone')}
    http-request return status 200 content-type text/plain string alone
`;

const site = (host: string) => ({ port: port('http'), host });

describe('routing', () => {
  test('a host matches in any case, with a port that is not ours, and with a dot at its end', async () => {
    for (const host of ['echo.test', 'ECHO.Test', 'echo.test:9999', `echo.test:${port('http')}`, 'echo.test.']) {
      expect((await askEcho(site(host))).server, host).toBe('one');
    }
  });

  test('a host with a slash is refused: it would be taken for a host and the beginning of a path', async () => {
    expect(await ask({ ...site('echo.test/public'), path: '/private' })).toMatchObject({ status: 400 });
  });

  test('Q4 requests without a rule, without a host and to a backend without servers get the error page with 503', async () => {
    for (const host of ['nobody.test', null, 'empty.test']) {
      const { status, body, headers } = await ask({ port: port('http'), host });
      expect([status, body, headers['content-type']]).toEqual([
        503,
        '<h1>nobody home</h1>',
        'text/html; charset=utf-8',
      ]);
    }
  });

  test('a request for the whole server (OPTIONS *) is routed by its host', async () => {
    expect(await askEcho({ ...site('echo.test'), method: 'OPTIONS', path: '*' })).toMatchObject({
      server: 'one',
      url: '*',
    });
  });

  test('IPv6: clients and servers', async () => {
    const echo = await askEcho({ ...site('six.test'), address: '::1' });
    expect(echo.server).toBe('six');
    expect(headerOf(echo, 'x-forwarded-for')).toEqual(['::1']);
  });
});

describe('headers', () => {
  test('Q26 X-Forwarded-* and a request id are added, and the address of the client is appended', async () => {
    const echo = await askEcho({ ...site('echo.test:81'), headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(headerOf(echo, 'x-forwarded-for')).toEqual(['192.0.2.1', '127.0.0.1']);
    expect(headerOf(echo, 'x-forwarded-proto')).toEqual(['http']);
    expect(headerOf(echo, 'x-forwarded-port')).toEqual([String(port('http'))]);
    expect(headerOf(echo, 'x-forwarded-host')).toEqual(['echo.test:81']);
    expect(headerOf(echo, 'x-request-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(headerOf(echo, 'forwarded')).toEqual([]);
  });

  test('what a proxy in front has set stays', async () => {
    const headers = {
      ...{ 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443', 'X-Forwarded-Host': 'shop.example' },
      ...{ 'X-Request-ID': 'abc' },
    };
    const echo = await askEcho({ ...site('echo.test'), headers });
    for (const [name, value] of Object.entries(headers)) expect(headerOf(echo, name.toLowerCase())).toEqual([value]);
  });

  test('Forwarded by option, for IPv4 and IPv6', async () => {
    const four = await askEcho(site('forwarded.test:81'));
    expect(headerOf(four, 'forwarded')).toEqual(['for=127.0.0.1;host="forwarded.test:81";proto=http']);
    const six = await askEcho({ ...site('forwarded.test'), address: '::1', headers: { Forwarded: 'for=192.0.2.1' } });
    expect(headerOf(six, 'forwarded')).toEqual(['for=192.0.2.1', 'for="[::1]";host="forwarded.test";proto=http']);
  });
});

describe('requests', () => {
  test('a WebSocket passes, and an idle one ends after the timeout of tunnels', async () => {
    const client = openRaw(port('http'));
    const beganAt = performance.now();
    client.socket.write(
      'GET /ws HTTP/1.1\r\nHost: tunnel.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await poll(() => client.received().includes('101 Switching'), { what: 'the upgrade' });
    client.socket.write('hello');
    await poll(() => client.received().endsWith('hello'), { what: 'the echo' });
    await poll(() => client.isClosed(), { what: 'the end of the idle tunnel' });
    expect(performance.now() - beganAt).toBeGreaterThan(900);
  });

  test('a WebSocket over HTTP/2 passes [RFC 8441]', async () => {
    const session = connectHttp2(`http://127.0.0.1:${port('http')}`);
    await once(session, 'remoteSettings');
    const stream: ClientHttp2Stream = session.request({
      ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/ws' },
      ...{
        ':authority': 'tunnel.test',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    stream.write('hello');
    const [echo] = (await once(stream.setEncoding('utf8'), 'data')) as [string];
    expect(echo).toBe('hello');
    session.destroy();
  });

  test('HTTP/2 without TLS, gRPC to the server with its trailers', async () => {
    const headers = {
      ':method': 'POST',
      ':path': '/x.Y/Z',
      ':authority': 'grpc.test',
      'content-type': 'application/grpc',
    };
    const answer = await askHttp2(`http://127.0.0.1:${port('http')}`, headers, { body: 'message' });
    expect(answer).toMatchObject({
      headers: { 'x-version': '2.0' },
      trailers: { 'grpc-status': '0' },
      body: 'message',
    });
  });

  test('a server with a host name', async () => {
    expect((await askEcho(site('named.test'))).server).toBe('one');
  });

  test('TLS to the server', async () => {
    expect((await askEcho(site('upstream-tls.test'))).server).toBe('https');
  });

  test('a redirect to the port of https, 301 for GET and 308 for other methods', async () => {
    const target = `https://redirect.test:${port('https')}/a/b?c=d`;
    const order = { ...site('redirect.test:81'), path: '/a/b?c=d' };
    expect(await ask(order)).toMatchObject({ status: 301, headers: { location: target } });
    expect(await ask({ ...order, method: 'POST', body: 'x' })).toMatchObject({
      status: 308,
      headers: { location: target },
    });
  });

  test('challenges of ACME get to their service by a rule with a priority, also for hosts that redirect or ask for a password', async () => {
    for (const host of ['redirect.test', 'auth.test', 'new.test']) {
      const order = { ...site(host), path: '/.well-known/acme-challenge/token-1' };
      expect(await askEcho(order), host).toMatchObject({ server: 'one' });
    }
  });

  test('basic authentication', async () => {
    const login = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const denied = await ask(site('auth.test'));
    expect([denied.status, denied.headers['www-authenticate']]).toEqual([401, 'Basic realm="Restricted"']);
    expect((await ask({ ...site('auth.test'), headers: login('ann:wrong') })).status).toBe(401);
    expect((await ask({ ...site('auth.test'), headers: login('ann:secret') })).status).toBe(200);
  });

  test('gzip', async () => {
    const order = { path: '/long', headers: { 'Accept-Encoding': 'gzip' } };
    const { headers, body } = await ask({ ...site('gzip.test'), ...order });
    expect([headers['content-encoding'], body.length > 10_000]).toEqual(['gzip', true]);
    expect((await ask({ ...site('echo.test'), ...order })).headers['content-encoding']).toBeUndefined();
  });

  test('larger bodies get 413, small ones also without a length', async () => {
    const post = async (host: string, body: string | readonly string[], more: Readonly<Record<string, string>> = {}) =>
      (
        await ask({
          ...site(host),
          method: 'POST',
          body,
          headers: { ...more, ...(typeof body === 'string' ? { 'Content-Length': String(body.length) } : {}) },
        })
      ).status;
    expect(await post('small.test', 'x'.repeat(100))).toBe(200);
    expect(await post('small.test', 'x'.repeat(101))).toBe(413);
    expect(await post('small.test', ['x'.repeat(60), 'x'.repeat(40)])).toBe(200);
    expect(await post('small.test', ['x'.repeat(60), 'x'.repeat(41)])).toBe(413);
    expect(await post('large.test', 'x'.repeat(100_000))).toBe(200);
    expect(await post('large.test', 'x'.repeat(100_001))).toBe(413);
    // Without a length, the limit is what HAProxy buffers. It knows the length of a chunk, so they are small.
    const chunks = (count: number) => new Array<string>(count).fill('x'.repeat(100));
    expect(await post('large.test', chunks(81))).toBe(200);
    expect(await post('large.test', chunks(82))).toBe(413);
    expect(await post('large.test', chunks(1), { 'X-Long': 'y'.repeat(9_000) })).toBe(413);
    const headers = { ':method': 'POST', ':path': '/', ':authority': 'large.test' };
    const body = 'x'.repeat(100_001);
    expect((await askHttp2(`http://127.0.0.1:${port('http')}`, headers, { body })).headers[':status']).toBe(413);
    expect(await post('large.test', 'x'.repeat(100), { 'X-Long': 'y'.repeat(9_000) })).toBe(200);
  });

  test('a server that is too slow is 504 after the timeout of the rule', async () => {
    expect((await ask({ ...site('slow.test'), path: '/never' })).status).toBe(504);
  });

  test('a request that may be sent twice goes to another server; others do not', async () => {
    const statuses = async (method: string) =>
      Promise.all(Array.from({ length: 10 }, async () => (await ask({ ...site('retry.test'), method })).status));
    expect(new Set(await statuses('GET'))).toEqual(new Set([200]));
    expect(new Set(await statuses('POST'))).toEqual(new Set([200, 502]));
  });
});

describe('balancing', () => {
  const serverOf = async (host: string, headers: Readonly<Record<string, string>> = {}, path = '/') => {
    const { body, headers: received } = await ask({ ...site(host), headers, path });
    return { server: (JSON.parse(body) as { server: string }).server, cookie: received['set-cookie']?.[0] ?? null };
  };
  const distinct = async (times: number, one: () => Promise<{ server: string }>) => {
    const servers = new Set<string>();
    for (let count = 0; count < times; count++) servers.add((await one()).server);
    return [...servers].sort();
  };

  test('round robin without a cookie, one server for an address with source', async () => {
    expect(await distinct(4, () => serverOf('insert.test'))).toEqual(['one', 'two']);
    expect(await distinct(4, () => serverOf('source.test'))).toHaveLength(1);
  });

  test('stickiness with an inserted cookie', async () => {
    const first = await serverOf('insert.test');
    expect(first.cookie).toMatch(/^stick=[0-9a-f]+; path=\/; domain=insert\.test$/);
    const Cookie = first.cookie?.split(';')[0] ?? '';
    expect(await distinct(4, () => serverOf('insert.test', { Cookie }))).toEqual([first.server]);
    expect((await serverOf('insert.test', { Cookie })).cookie).toBeNull();
  });

  test('a cookie without a name has one of its backend', async () => {
    const names = await Promise.all(
      ['auto.test', 'auto2.test'].map(async (host) => (await serverOf(host)).cookie?.split('=')[0]),
    );
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^drover-[0-9a-f]{8}$/);
  });

  test('stickiness with a rewritten and with a prefixed cookie of the application', async () => {
    for (const host of ['rewrite.test', 'prefix.test']) {
      const first = await serverOf(host, {}, '/?set-cookie=app%3Dvalue');
      expect(first.cookie, host).toMatch(host === 'prefix.test' ? /^app=[0-9a-f]+~value/ : /^app=[0-9a-f]+$/);
      const Cookie = first.cookie?.split(';')[0] ?? '';
      expect(await distinct(4, () => serverOf(host, { Cookie })), host).toEqual([first.server]);
    }
  });

  test('a server that drains gets no request after a cold start', async () => {
    expect(await distinct(4, () => serverOf('drain.test'))).toEqual(['two']);
  });

  test('a server that is added at run time has the parameters and the cookie of one in the file', async () => {
    const [{ servers } = backend('x')] = [
      backend('x', { servers: [server('127.0.0.1', await startEcho(resources, 'added'))] }),
    ];
    const [added] = servers;
    const { cookieKey, serverParameters } = balancer.config.backends.get('added.test') ?? {};
    if (added === undefined || serverParameters === undefined) throw new Error('the backend is missing');
    const name = `added.test/${added.name}`;
    expect(await balancer.ask(`add server ${name} ${serverArguments(added, serverParameters)}`)).toContain(
      'registered',
    );
    await balancer.ask(`set dynamic-cookie-key backend added.test ${cookieKey}; enable server ${name}`);
    expect(await serverOf('added.test')).toEqual({
      server: 'added',
      cookie: expect.stringMatching(/^stick=[0-9a-f]+; path=\/$/),
    });
  });

  test('each parameter that own text may give to servers is accepted at run time', async () => {
    const parameters = [
      ...[
        'allow-0rtt',
        'alpn h2',
        'backup',
        'ca-file @system-ca',
        'ciphers ECDHE+AESGCM:!aNULL',
        'ciphersuites TLS_AES_128_GCM_SHA256',
      ],
      ...['force-tlsv12', 'force-tlsv13', 'maxconn 1', 'maxqueue 1', 'minconn 1', 'pool-low-conn 1', 'pool-max-conn 1'],
      ...[
        'pool-purge-delay 1s',
        'proto h2',
        'proxy-v2-options ssl',
        'send-proxy',
        'send-proxy-v2',
        'send-proxy-v2-ssl',
      ],
      ...['send-proxy-v2-ssl-cn', 'sni req.hdr(host)', 'source 127.0.0.1', 'ssl verify none', 'ssl-max-ver TLSv1.3'],
      ...['ssl-min-ver TLSv1.2', 'tfo', 'verifyhost a.test', 'ws h1'],
    ];
    const replies = [];
    for (const [at, one] of parameters.entries()) {
      replies.push([one, (await balancer.ask(`add server empty.test/p${at} 127.0.0.1:1 weight 1 ${one}`)).trim()]);
    }
    expect(replies.filter(([, reply]) => reply !== 'New server registered.')).toEqual([]);
  });
});

describe('TLS', () => {
  const subject = (to: number, options: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port: to, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
        const { CN } = socket.getPeerCertificate().subject;
        resolve(`${CN} ${socket.getProtocol()} ${socket.alpnProtocol}`);
        socket.destroy();
      });
      socket.once('error', reject);
    });

  test('the certificate of the name, the default for others', async () => {
    expect(await subject(port('https'), { servername: 'b.test' })).toBe('b.test TLSv1.3 false');
    expect(await subject(port('https'), { servername: 'x.a.test' })).toContain('a.test');
    expect(await subject(port('https'), { servername: 'unknown.test' })).toContain('a.test');
    expect(await subject(port('https'), {})).toContain('a.test');
  });

  test('unknown names are refused without a default certificate', async () => {
    expect(await subject(port('strict'), { servername: 'b.test' })).toContain('b.test');
    await expect(subject(port('strict'), { servername: 'a.test' })).rejects.toThrow();
    await expect(subject(port('strict'), {})).rejects.toThrow();
  });

  test('HTTP/2 by ALPN, TLS 1.2, nothing older', async () => {
    expect(await subject(port('https'), { servername: 'a.test', ALPNProtocols: ['h2', 'http/1.1'] })).toContain('h2');
    expect(await subject(port('https'), { servername: 'a.test', maxVersion: 'TLSv1.2' })).toContain('TLSv1.2');
    const old = { servername: 'a.test', minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(subject(port('https'), old)).rejects.toThrow();
    const weak = { servername: 'a.test', maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' };
    await expect(subject(port('https'), weak)).rejects.toThrow();
  });

  test('X-Forwarded-Proto is https, also over HTTP/2', async () => {
    const echo = await askEcho({ port: port('https'), host: 'a.test', tls: true });
    expect([headerOf(echo, 'x-forwarded-proto'), headerOf(echo, 'x-forwarded-port')]).toEqual([
      ['https'],
      [String(port('https'))],
    ]);
    const headers = { ':path': '/over-h2', ':authority': 'a.test' };
    const { body } = await askHttp2(`https://127.0.0.1:${port('https')}`, headers, { serverName: 'a.test' });
    expect(JSON.parse(body)).toMatchObject({ url: '/over-h2', server: 'one' });
  });

  /** The first line that a server sends. */
  const greeting = async (to: number, options: object): Promise<string> => {
    const client = openRaw(to, connectTls({ port: to, host: '127.0.0.1', rejectUnauthorized: false, ...options }));
    await poll(() => client.received().includes('\n') || client.isClosed(), { what: 'the server' });
    client.socket.destroy();
    return client.received().trim();
  };

  test('tls ends TLS, sni passes it through by exact name, suffix and prefix', async () => {
    expect(await greeting(port('tls'), { servername: 'a.test' })).toBe('tcp');
    expect(await greeting(port('sni'), { servername: 'A.test' })).toBe('tls a');
    expect(await greeting(port('sni'), { servername: 'deep.in.x.test' })).toBe('tls a');
    expect(await greeting(port('sni'), { servername: 'www.y.test' })).toBe('tls b');
    expect(await greeting(port('sni'), { servername: 'b.test' })).toBe('');
  });
});

describe('connections', () => {
  test('TCP, with the timeout of tunnels for idle connections', async () => {
    const beganAt = performance.now();
    const client = openRaw(port('tcp'));
    client.socket.write('hello');
    await poll(() => client.received() === 'tcp\nhello', { what: 'the echo' });
    await poll(() => client.isClosed(), { what: 'the end of the idle connection' });
    expect(performance.now() - beganAt).toBeGreaterThan(900);
  });

  test('Q26 the PROXY protocol of clients gives their address', async () => {
    const client = openRaw(port('proxy'));
    client.socket.write(
      'PROXY TCP4 192.0.2.9 198.51.100.1 4000 8080\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    await poll(() => client.isClosed(), { what: 'the answer' });
    expect(client.received()).toContain('["x-forwarded-for","192.0.2.9"]');
    expect(client.received()).toContain('["x-forwarded-port","8080"]');
    const without = openRaw(port('proxy'));
    without.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await poll(() => without.isClosed(), { what: 'the refusal' });
    expect(without.received()).not.toContain('200 OK');
  });

  test('Q26 the PROXY protocol to servers, versions 1 and 2', async () => {
    const first = async (host: string) => Buffer.from((await ask(site(host))).body, 'base64');
    expect((await first('proxy1.test')).toString('latin1')).toMatch(
      /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nGET \//,
    );
    expect((await first('proxy2.test')).subarray(0, 12).toString('latin1')).toBe('\r\n\r\n\0\r\nQUIT\n');
  });
});

describe('own text', () => {
  test('lines of frontend, backend and all backends are in force, for the balancer alone', async () => {
    const answer = await ask({ port: port('own'), host: 'x', path: '/teapot' });
    expect(answer.status).toBe(429);
    expect((await ask({ ...site('echo.test'), path: '/teapot' })).status).toBe(200);
    expect(headerOf(await askEcho(site('echo.test')), 'x-every')).toEqual([]);
    expect((await ask({ port: port('alone'), host: 'x' })).body).toBe('alone');
    expect(balancer.config.problems).toEqual([]);
  });

  test('a client that sends its request too slowly gets 408, after the time of the own text', async () => {
    const client = openRaw(port('own'));
    client.socket.write('GET / HTTP/1.1\r\nHost:');
    await poll(() => client.isClosed(), { what: 'the end of the request' });
    expect(client.received()).toContain('408 Request Time-out');
  });
});

test('the access log has one JSON object for each request, whatever a client sends', async () => {
  const strange = 'a"b\\c\u00e9{}%s';
  await ask({ ...site('echo.test'), path: '/log?x="\\', headers: { 'User-Agent': strange, 'X-Request-ID': 'log-1' } });
  await ask({
    ...site('nobody.test'),
    path: `/${'"'.repeat(9_000)}`,
    headers: { 'X-Request-ID': 'log-2', 'User-Agent': '"'.repeat(3_000) },
  });
  const lines = await poll(
    () => {
      const found = balancer
        .output()
        .split('\n')
        .filter((line) => line.includes('"log-'));
      return found.length === 2 && found;
    },
    { what: 'two lines of the log' },
  );
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({
    ...{ port: port('http'), client: '127.0.0.1', method: 'GET', host: 'echo.test', uri: '/log?x="\\', status: 200 },
    ...{ backend: 'echo.test', server: expect.stringMatching(/^127\.0\.0\.1:\d+$/), requestId: 'log-1' },
    ...{ userAgent: expect.stringContaining('a"b\\c') },
  });
  expect(Math.abs(Date.now() - Number(first?.time))).toBeLessThan(60_000);
  expect(second).toMatchObject({ status: 503, host: 'nobody.test' });
  const others = balancer
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  for (const line of others) expect(() => JSON.parse(line)).not.toThrow();
  expect(others.some((line) => line.includes(`"port":${port('tcp')},`))).toBe(true);
});
