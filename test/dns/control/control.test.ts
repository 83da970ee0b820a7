import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLines } from '../../../cli/support/read-lines.ts';
import { serveDns } from '../../../dns/index.ts';
import { createLog, systemClock } from '../../../system/index.ts';
import { viewOf } from '../../../view/index.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { container, snapshot } from '../../view/world.ts';
import { addresses, ask } from '../wire.ts';

const resources = createResources();
const view = viewOf(
  snapshot({ containers: [container('asker', 'shop/asker', '127.0.0.5'), container('w1', 'shop/web', '10.42.1.1')] }),
  'a',
);
let path: string;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-control-'));
  resources.add('directory', () => rm(dir, { recursive: true, force: true }));
  path = join(dir, 'dns.sock');
});
afterAll(() => resources.close());

async function serve(control: string | null = path) {
  const server = await serveDns(
    {
      view: () => view,
      onChange: () => () => {},
      identify: async () => false,
      upstreams: () => [],
      clock: systemClock,
      log: createLog('dns', { level: 'silent', format: 'json' }),
    },
    { listen: [{ address: '127.0.0.1', port: 0 }], control },
  );
  resources.add('DNS server', () => server.close());
  return { server, port: server.addresses[0]?.port ?? 0 };
}

/** Watches live queries until closed, and collects the lines. */
async function watch(query = '') {
  const lines: Record<string, unknown>[] = [];
  const stop = new AbortController();
  resources.add('watch', () => stop.abort());
  const opened = Promise.withResolvers<void>();
  const ended = readLines(
    { socketPath: path, path: `/v1/queries${query}`, signal: stop.signal, onOpen: opened.resolve },
    (line) => lines.push(JSON.parse(line)),
  );
  await Promise.race([opened.promise, ended]);
  return { lines, ended, stop: () => stop.abort() };
}

describe('the control socket', () => {
  test('is accessible to its owner only, and removed with the server', async () => {
    const { server } = await serve();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['dns.sock']);
    await server.close();
    expect(await readdir(dir)).toEqual([]);
  });

  test('passes to the process that takes over, and remains when the previous one ends', async () => {
    const before = await serve();
    const after = await serve();
    await before.server.close();
    const seen = await watch();
    await ask(after.port, 'web.shop');
    await poll(() => seen.lines.length === 1, { what: 'the query' });
    await after.server.close();
    expect(await readdir(dir)).toEqual([]);
  });

  test('that cannot be created does not prevent answers', async () => {
    const { port } = await serve('/nonexistent/dns.sock');
    expect(await addresses(port, 'web.shop')).toBe('10.42.1.1');
  });

  test('serves metrics', async () => {
    const { port, server } = await serve();
    await ask(port, 'web.shop');
    const lines: string[] = [];
    const signal = AbortSignal.timeout(5_000);
    await readLines({ socketPath: path, path: '/metrics', signal, onOpen: () => undefined }, (line) =>
      lines.push(line),
    );
    expect(lines).toContain('drover_dns_queries_total 1');
    expect(lines).toContain(`drover_dns_revision ${view.revision}`);
    await server.close();
  });
});

describe('live queries', () => {
  test('show asker, question, resolution and reply', async () => {
    const { port, server } = await serve();
    const seen = await watch();
    await ask(port, 'Web.shop', { from: '127.0.0.5' });
    await ask(port, 'nosuch.shop.rancher.internal', { type: 28, tcp: true });
    await ask(port, 'www.example.com');
    await poll(() => seen.lines.length === 3, { what: 'three queries' });
    expect(seen.lines).toMatchObject([
      {
        asker: 'asker',
        from: '127.0.0.5',
        transport: 'udp',
        name: 'Web.shop',
        type: 'A',
        matched: 'shop/web',
        rcode: 'NOERROR',
        path: 'general',
        answers: 1,
      },
      {
        asker: 'anybody',
        from: '127.0.0.1',
        transport: 'tcp',
        name: 'nosuch.shop.rancher.internal',
        type: 'AAAA',
        matched: 'nxdomain in rancher.internal.',
        rcode: 'NXDOMAIN',
        answers: 0,
      },
      { name: 'www.example.com', matched: 'upstream', rcode: 'SERVFAIL', path: 'forwarded' },
    ]);
    for (const { time, latencyMs } of seen.lines) {
      expect(Math.abs(Date.parse(String(time)) - Date.now())).toBeLessThan(30_000);
      expect(latencyMs).toBeGreaterThan(0);
    }
    await server.close();
  });

  test.each([
    ['?from=asker', ['web.shop', 'nosuch']],
    ['?from=127.0.0.5', ['web.shop', 'nosuch']],
    ['?from=nobody', []],
    ['?rcode=nxdomain', ['nosuch', 'nosuch']],
    ['?name=WEB', ['web.shop', 'web.shop']],
    ['?name=*.shop', ['web.shop', 'web.shop']],
    ['?name=shop*', []],
    ['?name=web&rcode=NXDOMAIN', []],
    ['?name=nosuch&from=asker', ['nosuch']],
  ])('%s', async (query, expected) => {
    const { port, server } = await serve();
    const [seen, all] = [await watch(query), await watch()];
    for (const from of ['127.0.0.1', '127.0.0.5']) {
      for (const name of ['web.shop', 'nosuch']) await ask(port, name, { from });
    }
    await poll(() => all.lines.length === 4, { what: 'all queries' });
    await poll(() => seen.lines.length >= expected.length, { what: 'those wanted' });
    expect(seen.lines.map(({ name }) => name)).toEqual(expected);
    await server.close();
  });

  test('an invalid filter is refused; closing the server ends the stream', async () => {
    const { server } = await serve();
    const refused = await watch('?rcode=FOO');
    expect(await refused.ended).toMatchObject({
      ok: false,
      why: 'refused',
      problem: { what: /rcode FOO: does not exist/ },
    });
    const seen = await watch();
    await server.close();
    expect(await seen.ended).toMatchObject({ ok: true });
    expect(await (await watch()).ended).toMatchObject({ ok: false, why: 'away' });
  });

  test('a client that disconnects or does not read costs nothing', async () => {
    const { port, server } = await serve();
    const gone = await watch();
    expect(server.live.watched()).toBe(true);
    gone.stop();
    await poll(() => !server.live.watched(), { what: 'the watch to end' });
    const deaf = createConnection(path);
    deaf.write('GET /v1/queries HTTP/1.1\r\nHost: x\r\n\r\n');
    await poll(() => server.live.watched(), { what: 'the watch to begin' });
    for (let n = 0; n < 300; n += 1) await ask(port, 'web.shop');
    expect(await addresses(port, 'web.shop')).toBe('10.42.1.1');
    await server.close();
    deaf.destroy();
  });
});
