import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LbTable } from '../../../lb/index.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { startDaemon } from '../../support/daemon.ts';
import { freePort } from '../../support/free-port.ts';
import { type BalancedHost, startBalancedHost } from '../../support/lb/balanced-host.ts';
import { startEcho } from '../../support/lb/echo-process.ts';
import { startLoad } from '../../support/lb/load.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';

let resources: Resources;
let host: BalancedHost;
let port: number;

beforeEach(async () => {
  resources = createResources();
  host = await startBalancedHost(resources, { oldConnectionsMs: 3_000, drainTimeoutMs: 1_500 });
  port = await freePort();
});
afterEach(() => resources.close());

const get = async (at = port): Promise<number> =>
  (await fetch(`http://127.0.0.1:${at}/`, { headers: { connection: 'close' } })).status;
const web = (...ports: readonly number[]) => backend('web', { servers: ports.map((at) => server('127.0.0.1', at)) });
const listeners = (...ports: readonly number[]) => ports.map((at) => listener(at, { rules: [rule('web')] }));
const front = (...ports: readonly number[]): LbTable =>
  table({ listeners: listeners(port), backends: [web(...ports)] });
const echoes = (count: number) => Promise.all(Array.from({ length: count }, () => startEcho(resources)));
const status = () => host.balancer.status();

/** A connection that is kept open with a request that never ends. */
async function longRequest(): Promise<{ readonly ended: () => boolean }> {
  const end = new AbortController();
  resources.add('request', () => end.abort());
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) });
  const options = { method: 'POST', body, duplex: 'half', signal: end.signal } as RequestInit;
  let ended = false;
  void fetch(`http://127.0.0.1:${port}/`, options)
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  return { ended: () => ended };
}
const used = async (name: string) =>
  Number(
    (await host.ask('show servers conn web'))
      .split('\n')
      .find((line) => line.startsWith(`web/${name} `))
      ?.split(' ')[6],
  );

test('a HAProxy that was built without compression balances without it, and says so', async () => {
  const haproxy = join(host.runDir, 'haproxy');
  const [real, edit] = [resolve('test/support/haproxy'), `sed 's/[+]SLZ/-SLZ/'`];
  await writeFile(haproxy, `#!/bin/sh\n[ "$1" = -vv ] || exec ${real} "$@"\n${real} -vv | ${edit}\n`, { mode: 0o755 });
  const other = await startBalancedHost(resources, { haproxy });
  const options = { ...NO_RULE_OPTIONS, gzip: true };
  const [at = 0] = await echoes(1);
  other.setTable(table({ listeners: listeners(port), backends: [{ ...web(at), options }] }));
  await other.settled();
  expect(await get()).toBe(200);
  expect(await other.balancer.config()).not.toContain('compression');
  expect(other.problems().map(({ subject, what }) => `${subject} ${what}`)).toEqual([
    expect.stringMatching(/^backend web does not compress its replies: HAProxy \S+ was built without SLZ and ZLIB$/),
  ]);
  expect(other.balancer.status().features).toEqual(['OPENSSL', 'PCRE2_JIT', 'THREAD']);
});

describe('process', () => {
  test.each([
    ['the agent', true],
    ['bin/drover-lb', false],
  ])(
    'of %s starts with the first listener, is adopted with other endpoints, and is stopped with the last listener',
    async (_, supervise) => {
      host = await startBalancedHost(resources, { supervise });
      const [one, two] = (await echoes(2)) as [number, number];
      expect(status()).toMatchObject({ state: 'idle', generations: 0 });
      host.setTable(front(one));
      await host.settled();
      expect(await get()).toBe(200);
      const pid = await poll(() => host.pid(), { what: 'HAProxy' });

      await host.leave();
      host.enter();
      host.setTable(front(one, two));
      await host.settled();
      expect(await poll(() => host.pid(), { what: 'HAProxy' })).toBe(pid);
      // The new agent can know HAProxy before it has compared the servers.
      await poll(() => status().serverChanges === 1, { what: 'the other server' });
      expect(await host.ask('show servers state web')).toContain(`127.0.0.1:${two}`);
      expect(status()).toMatchObject({ state: 'running', reloads: 0, serverChanges: 1 });

      host.setTable({ ...front(one, two), listeners: listeners(port, await freePort()) });
      await host.settled();
      expect(status()).toMatchObject({ reloads: 1, reloadFailures: 0 });
      await host.leave();
      host.enter();
      await host.settled();
      expect(await poll(() => host.pid(), { what: 'HAProxy' })).toBe(pid);

      host.setTable(table({}));
      await host.settled();
      expect(status().state).toBe('idle');
      await expect(get()).rejects.toThrow();
    },
  );

  test.each(['SIGKILL', 'SIGSTOP'] as const)('has all servers again after %s', async (signal) => {
    const [one, two] = (await echoes(2)) as [number, number];
    host.setTable(front(one));
    await host.settled();
    host.setTable(front(one, two));
    await host.settled();
    const [worker] = /(?<=^Pid: )\d+/m.exec(await host.ask('show info')) ?? [];
    process.kill(Number(worker), signal);
    await poll(async () => !(await host.ask('show info')).includes(`Pid: ${worker}\n`), { what: 'another worker' });
    await host.settled();
    await poll(async () => (await host.ask('show servers state web')).includes(`127.0.0.1:${two}`), {
      what: 'both servers',
    });
    expect(await get()).toBe(200);
    expect(status().reloads).toBe(0);
  });
});

test('a master that is stopped keeps its worker, and the problem names it until it goes on', async () => {
  const [one] = (await echoes(1)) as [number];
  const other = await freePort();
  host.setTable(front(one));
  await host.settled();
  const master = await poll(() => host.pid(), { what: 'HAProxy' });
  process.kill(master, 'SIGSTOP');
  resources.add('master', () => process.kill(master, 'SIGCONT'));
  host.setTable({ ...front(one), listeners: listeners(port, other) });
  const hint = `\`kill -CONT ${master}\``;
  await poll(() => host.problems().some((problem) => problem.hint.includes(hint)), {
    what: 'the problem',
    timeoutMs: 20_000,
  });
  expect(await get()).toBe(200);
  process.kill(master, 'SIGCONT');
  await poll(() => get(other).catch(() => 0), { what: 'the other port', timeoutMs: 30_000 });
  await host.settled();
  await poll(() => host.problems().length === 0, { what: 'no problem' });
  expect(host.pid()).toBe(master);
});

describe('endpoints', () => {
  test('a thousand changes lose no request, and need no reload', async () => {
    const ports = await echoes(4);
    host.setTable(front(...ports));
    await host.settled();
    const target = { protocol: 'http', address: '127.0.0.1', port, host: 'web.example', service: 'web' } as const;
    const order = { targets: [target], perSecond: 200, webSockets: 2, uploads: 0, uploadSeconds: 1 };
    const load = await startLoad(resources, { start: startDaemon }, order);
    const { pid } = { pid: host.pid() };
    for (let change = 0; change < 1_000; change += 1) {
      const servers = ports
        .filter((_, at) => at !== change % 4)
        .map((at) => server('127.0.0.1', at, { weight: 1 + (change % 7) }));
      host.setTable({ ...front(), backends: [backend('web', { servers })] });
      await host.settled();
    }
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(status()).toMatchObject({ reloads: 0, reloadFailures: 0 });
    expect(status().serverChanges).toBeGreaterThan(1_000);
    expect(host.pid()).toBe(pid);
    await poll(async () => (await readFile(host.files.config, 'utf8')).includes(`server 127.0.0.1:${ports[0]} `), {
      what: 'the servers in the file',
    });
  });

  test('a server that leaves finishes its request until the drain timeout', async () => {
    const [one, two] = (await echoes(2)) as [number, number];
    host.setTable(front(one));
    await host.settled();
    const request = await longRequest();
    await poll(async () => (await used(`127.0.0.1:${one}`)) === 1, { what: 'the request' });
    host.setTable({
      ...front(),
      backends: [backend('web', { servers: [server('127.0.0.1', one, { state: 'drain' }), server('127.0.0.1', two)] })],
    });
    await host.settled();
    host.setTable(front(two));
    await host.settled();
    expect(await get()).toBe(200);
    expect(request.ended()).toBe(false);
    expect(await used(`127.0.0.1:${one}`)).toBe(1);
    await poll(async () => !(await host.ask('show servers state web')).includes(`:${one} `), { what: 'the removal' });
    await poll(() => request.ended(), { what: 'the end of the request' });
    expect(await get()).toBe(200);
  });

  test('a server that was added has the cookie that it has after a reload', async () => {
    const [one, two] = (await echoes(2)) as [number, number];
    const stickiness = {
      name: null,
      cookie: 'SRV',
      domain: null,
      indirect: true,
      nocache: false,
      postonly: false,
      mode: 'insert',
    };
    const sticky = (...ports: number[]) => ({ ...front(), backends: [{ ...web(...ports), stickiness }] });
    const cookieOf = async (): Promise<string> => {
      const reply = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
      return reply.headers.get('set-cookie') ?? '';
    };
    host.setTable(sticky(one));
    await host.settled();
    host.setTable(sticky(two));
    await host.settled();
    const before = await poll(cookieOf, { what: 'a cookie' });
    host.setTable({ ...sticky(two), listeners: listeners(port, await freePort()) });
    await host.settled();
    expect(await cookieOf()).toBe(before);
    expect(status().reloads).toBe(1);
  });
});

async function listenOn(at: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(at, '127.0.0.1');
  resources.add('other program', () => server.close());
  await once(server, 'listening');
  return server;
}

describe('structure', () => {
  test('at most two generations run, and a long connection ends in time', async () => {
    const [one] = (await echoes(1)) as [number];
    host.setTable(front(one));
    await host.settled();
    const request = await longRequest();
    await poll(async () => (await used(`127.0.0.1:${one}`)) === 1, { what: 'the request' });
    const [second, third] = [await freePort(), await freePort()];
    host.setTable({ ...front(one), listeners: listeners(port, second) });
    await host.settled();
    expect(request.ended()).toBe(false);
    expect(status().generations).toBe(2);
    host.setTable({ ...front(one), listeners: listeners(port, third) });
    const wasBusy: boolean[] = [];
    await poll(
      async () => {
        wasBusy.push(status().generations > 2);
        return status().reloads === 2;
      },
      { what: 'the second reload' },
    );
    expect(wasBusy).not.toContain(true);
    expect(request.ended()).toBe(true);
    await host.settled();
    expect(await get(third)).toBe(200);
  });

  test('a port that another program has is left out until it is free', async () => {
    const [one] = (await echoes(1)) as [number];
    const taken = await freePort();
    const other = await listenOn(taken);
    host.setTable({ ...front(one), listeners: listeners(port, taken) });
    await host.settled();
    expect(await get()).toBe(200);
    expect(status().problems).toMatchObject([
      { subject: `shop/front port ${taken}`, what: expect.stringContaining('another program') },
    ]);
    other.close();
    await poll(async () => (await get(taken)) === 200, { what: 'the port' });
    expect(status().problems).toEqual([]);
  });

  test('a reload that cannot open a port is undone, and done again without the port', async () => {
    const [one] = (await echoes(1)) as [number];
    const second = await freePort();
    host.setTable(front(one));
    await host.settled();
    host.setTable({ ...front(one), listeners: listeners(port, second) });
    await host.settled();
    // The next reload waits for a second. The port is taken after it was found free; on a busy machine HAProxy can be faster.
    let stolen = 0;
    let other: Server | null = null;
    while (other === null) {
      stolen = await freePort();
      const candidate = async () => (await readFile(host.files.candidate, 'utf8')).includes(`:${stolen}`);
      host.setTable({ ...front(one), listeners: listeners(port, second, stolen) });
      await poll(candidate, { what: 'the candidate', intervalMs: 5 });
      other = await listenOn(stolen).catch(() => null);
      if (other === null) await host.settled();
    }
    await poll(() => status().reloadFailures === 1, { what: 'the failure', timeoutMs: 20_000 });
    expect(await readFile(host.files.config, 'utf8')).not.toContain(`:${stolen}`);
    await host.settled();
    expect(status().problems).toMatchObject([{ subject: `shop/front port ${stolen}` }]);
    expect([await get(), await get(second)]).toEqual([200, 200]);
    other.close();
    await poll(async () => (await get(stolen)) === 200, { what: 'the port' });
  });

  test('text that HAProxy refuses is left out, also after a cold start', async () => {
    const [one] = (await echoes(1)) as [number];
    const bad = { balancer: 'shop/bad', text: 'frontend 1\n  tcp-request content accept if { nonsense }\n' };
    const wrong = await freePort();
    const both: LbTable = {
      ...front(one),
      listeners: [
        ...listeners(port),
        listener(wrong, {
          balancers: ['shop/bad'],
          rules: [rule('other', { balancer: 'shop/bad', backend: 'other' })],
        }),
      ],
      backends: [backend('other', { balancer: 'shop/bad', servers: [server('127.0.0.1', one)] }), web(one)],
      customConfigs: [{ ...bad, text: `frontend ${wrong}\n  http-request set-header X %[nonsense]\n` }],
    };
    host.setTable(both);
    await host.settled();
    const what = `its own HAProxy text is left out, because HAProxy refuses the line "http-request set-header X %[nonsense]": error`;
    const leftOut = { service: 'shop/bad', what: expect.stringContaining(what) };
    expect(status().problems).toMatchObject([leftOut]);
    expect([await get(), await get(wrong)]).toEqual([200, 200]);

    await host.stopHaproxy();
    await rm(host.files.directory, { recursive: true });
    host.enter();
    await host.settled();
    expect(status().problems).toMatchObject([leftOut]);
    expect([await get(), await get(wrong)]).toEqual([200, 200]);
  });

  test('own text that listens where another program does is left out', async () => {
    const [one] = (await echoes(1)) as [number];
    const [taken, free] = [await freePort(), await freePort()];
    await listenOn(taken);
    const customConfigs = [
      { balancer: 'shop/bad', text: `listen bad\n  bind 127.0.0.1:${taken}\n` },
      {
        balancer: 'shop/good',
        text: `listen good\n  mode http\n  bind 127.0.0.1:${free}\n  http-request return status 200\n`,
      },
    ];
    host.setTable({ ...front(one), customConfigs });
    await host.settled();
    const what = expect.stringContaining(`because HAProxy cannot listen on port ${taken} (EADDRINUSE)`);
    expect(status().problems).toMatchObject([{ service: 'shop/bad', what }]);
    expect([await get(), await get(free)]).toEqual([200, 200]);
  });

  test('a damaged file is written again', async () => {
    const [one] = (await echoes(1)) as [number];
    host.setTable(front(one));
    await host.settled();
    await host.stopHaproxy();
    await writeFile(host.files.config, 'nonsense\n');
    host.enter();
    await host.settled();
    expect(await get()).toBe(200);
  });
});
