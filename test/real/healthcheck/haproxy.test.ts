import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSupervisor, defaultSupervisorSettings } from '../../../agent/children/supervisor.ts';
import { askHaproxy, followEvents } from '../../../haproxy/runtime-api.ts';
import {
  type Checker,
  createChecker,
  haproxyCommand,
  haproxyFiles,
  type Opinion,
  type Target,
} from '../../../healthcheck/index.ts';
import { systemClock as clock, runCommand } from '../../../system/index.ts';
import { freePort } from '../../support/free-port.ts';
import { poll } from '../../support/poll.ts';
import { testLog } from '../../support/test-log.ts';

const START = new URL('../../../.tools/peers/start', import.meta.url).pathname;
const log = testLog('health');
/** Of latencies: ten times the target, because other programs may be busy. */
const SLACK = 10;

let dir: string;
let checker: Checker;
let stop: () => Promise<void>;
let leave: () => Promise<void>;
let haproxyPid: () => Promise<number>;
const servers: (Server | HttpServer)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-health-'));
  ({ checker, stop, leave, haproxyPid } = startChecker([START, 'haproxy']));
});

afterEach(async () => {
  await stop();
  for (const server of servers.splice(0)) await close(server);
  await rm(dir, { recursive: true, force: true });
});

function startChecker(command: readonly string[], recall?: (target: Target) => Opinion | null) {
  const files = haproxyFiles(dir);
  const [file = '', ...args] = haproxyCommand({ command, files });
  const spec = { name: 'haproxy', file, args, version: '1' };
  const supervisor = createSupervisor({ clock, log }, [spec], {
    ...defaultSupervisorSettings,
    stopTimeoutMs: 500,
    runDir: dir,
  });
  const haproxy = {
    run: (signal: AbortSignal) => supervisor.run(signal),
    restart: () => supervisor.restart('haproxy'),
    lastEnd: () => supervisor.status()[0]?.lastEnd ?? null,
  };
  const checker = createChecker(
    { clock, log, runCommand, haproxy, docker: new Docker() },
    { command, files, hostId: 'b', ...(recall && { recall }) },
  );
  const end = new AbortController();
  const running = checker.run(end.signal);
  const leave = async (): Promise<void> => {
    end.abort();
    await running;
  };
  return {
    checker,
    // The supervisor knows a process a moment after it was started or adopted.
    haproxyPid: () => poll(() => supervisor.status()[0]?.pid, { what: 'the process of HAProxy' }),
    /** Ends the checker and leaves HAProxy running, as an agent does that is replaced. */
    leave,
    stop: async () => {
      await leave();
      await supervisor.stop();
    },
  };
}

async function close(server: Server | HttpServer): Promise<void> {
  if ('closeAllConnections' in server) server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function listen<T extends Server | HttpServer>(server: T, port = 0): Promise<T> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: Server | HttpServer): number => (server.address() as AddressInfo).port;

/** A TCP server whose connections are closed with it. */
async function tcp(onConnection: (socket: Socket) => void, port = 0): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  const { close: closeServer } = server;
  server.close = (done) => {
    for (const socket of sockets) socket.destroy();
    return closeServer.call(server, done);
  };
  return listen(server, port);
}

const CHECK = {
  requestLine: null,
  expectedStatus: null,
  exec: null,
  intervalMs: 300,
  responseTimeoutMs: 200,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};

function target(containerId: string, port: number, check: Partial<Target['check']> = {}): Target {
  return {
    hostId: 'a',
    containerId,
    startedAtMs: 1,
    address: '127.0.0.1',
    port,
    voters: ['a'],
    check: { ...CHECK, ...check },
  };
}

const vote = (id: string) => checker.votes().get(id);
const voted = (id: string, up: boolean) => poll(() => vote(id)?.up === up && vote(id), { what: `vote ${up} of ${id}` });

describe('results', () => {
  test('a TCP target that closes and opens again', async () => {
    const port = await freePort();
    const server = await tcp((socket) => socket.end(), port);
    checker.setTargets([target('a', port)]);
    expect(await voted('a', true)).toMatchObject({
      startedAtMs: 1,
      up: true,
      wasUp: true,
      text: 'Layer4 check passed',
    });
    await close(server);
    const down = await voted('a', false);
    expect(down).toMatchObject({ wasUp: true, text: 'Layer4 connection problem, info: "Connection refused"' });
    await tcp((socket) => socket.end(), port);
    await voted('a', true);
  });

  test('statuses, silence, resets, and endless answers are bounded', async () => {
    const http = await listen(
      createServer((request, response) => {
        const status = Number(/\d+/.exec(request.url ?? '')?.[0]);
        response.writeHead(status, status === 302 ? { location: '/' } : {});
        response.end(status === 200 ? request.headers.host : '');
      }),
    );
    const silent = await tcp(() => {});
    const slow = await tcp((socket) => setTimeout(() => socket.end('HTTP/1.0 200 OK\r\n\r\n'), 600));
    const reset = await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const endless = await tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const write = (): void => {
        while (!socket.destroyed && socket.write('x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'));
      };
      socket.on('drain', write);
      write();
    });
    let sent = 0;
    const chunk = Buffer.alloc(1 << 16, 'x');
    const large = await tcp((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 30}\r\n\r\n`);
      const write = (): void => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
      };
      socket.on('drain', write);
      write();
    });
    const get = (path: string, expectedStatus: string | null = null) => ({
      requestLine: `GET "${path}" "HTTP/1.0"`,
      expectedStatus,
    });
    checker.setTargets([
      target('s200', portOf(http), get('/200')),
      target('s302', portOf(http), get('/302')),
      target('s404', portOf(http), get('/404')),
      target('s503', portOf(http), get('/503')),
      target('expected', portOf(http), get('/404', '200-299,401,404')),
      target('unexpected', portOf(http), get('/200', '201-299,404')),
      target('silent-tcp', portOf(silent)),
      target('silent', portOf(silent), get('/')),
      target('slow', portOf(slow), get('/')),
      target('patient', portOf(slow), { ...get('/'), responseTimeoutMs: 1500 }),
      target('reset', portOf(reset), get('/')),
      target('endless', portOf(endless), get('/')),
      target('large', portOf(large), get('/')),
    ]);
    await poll(() => checker.votes().size === 13, { what: '13 votes' });
    const seen = Object.fromEntries(
      [...checker.votes()].map(([id, { up, text }]) => [id, `${up ? 'up' : 'down'} ${text}`]),
    );
    expect(seen).toMatchObject({
      s200: 'up Layer7 check passed, code: 200',
      s302: 'up Layer7 check passed, code: 302',
      s404: 'down Layer7 wrong status, code: 404, info: "Not Found"',
      s503: 'down Layer7 wrong status, code: 503, info: "Service Unavailable"',
      expected: 'up Layer7 check passed, code: 404',
      unexpected: 'down Layer7 wrong status, code: 200, info: "OK"',
      'silent-tcp': 'up Layer4 check passed',
      silent: 'down Layer7 timeout',
      slow: 'down Layer7 timeout',
      patient: 'up Layer7 check passed, code: 200',
    });
    expect(seen.reset).toMatch(/^down /);
    expect(seen.endless).toMatch(/^down /);
    expect(seen.large).toMatch(/^up /);
    // Sockets have buffers of some megabytes; a check reads the headers.
    await clock.sleep(1500);
    expect(sent).toBeLessThan(200 << 20);
    const [, residentKb] =
      /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${await haproxyPid()}/status`, 'latin1')) ?? [];
    expect(Number(residentKb)).toBeLessThan(100_000);
  });
});

const showStat = () => askHaproxy(haproxyFiles(dir).socket, 'show stat', { signal: new AbortController().signal });

/** Everything that the checker tells from now on. */
function recordVotes() {
  const changes: { readonly id: string; readonly up: boolean | null; readonly atMs: number }[] = [];
  checker.onVotes((all) => {
    for (const [id, opinion] of all) changes.push({ id, up: opinion?.up ?? null, atMs: performance.now() });
  });
  return changes;
}

test('500 checks that wait at once are all answered by their own target', async () => {
  const silent = await tcp(() => {});
  const ids = Array.from({ length: 500 }, (_, n) => `silent${n}`);
  const waiting = { requestLine: 'GET /', responseTimeoutMs: 1_000 };
  checker.setTargets(ids.map((id) => target(id, portOf(silent), waiting)));
  await poll(() => checker.votes().size === ids.length, { what: 'all votes' });
  expect(new Set([...checker.votes().values()].map(({ text }) => text))).toEqual(new Set(['Layer7 timeout']));
});

describe('the process', () => {
  test('killed: it is back with its targets at once, and no vote changes', async () => {
    const port = await freePort();
    const server = await tcp((socket) => socket.end(), port);
    const good = Array.from({ length: 50 }, (_, n) => target(`up${n}`, port));
    const bad = await freePort();
    checker.setTargets([...good, target('down', bad), target('http', port, { requestLine: 'GET /' })]);
    await poll(() => checker.votes().size === 52, { what: 'all votes' });
    const before = await haproxyPid();
    const changes = recordVotes();
    const killedAtMs = performance.now();
    process.kill(before, 'SIGKILL');
    await poll(() => checker.status().state === 'starting', { what: 'the end of the process', intervalMs: 2 });
    const able = new Set<boolean>();
    const isBack = () => {
      able.add(checker.status().able);
      return checker.status().state === 'connected';
    };
    await poll(isBack, { what: 'a new process', intervalMs: 5 });
    expect([...able]).toEqual([true]);
    await poll(async () => /^tcp_200,up49_/m.test(await showStat()), { what: 'the targets', intervalMs: 5 });
    expect(performance.now() - killedAtMs).toBeLessThan(1000 * SLACK);
    expect(await haproxyPid()).not.toBe(before);
    await clock.sleep(3 * CHECK.intervalMs);
    expect(changes).toEqual([]);
    expect(vote('down')?.wasUp).toBe(false);
    // The new process goes on checking. The loss of most targets at once suspends the votes about these until they are back.
    await close(server);
    await poll(() => checker.status().suspended && checker.votes().size === 2, {
      what: 'the votes about the two that were down before',
    });
    await tcp((socket) => socket.end(), port);
    await poll(() => !checker.status().suspended && vote('up0')?.up && vote('http')?.up === false, { what: 'votes' });
  });

  test('killed while targets fail: it counts on, and knows the state of each', async () => {
    let failing = false;
    let failures = 0;
    const wobbling = await listen(
      createServer((_request, response) => {
        if (failing) failures += 1;
        response.writeHead(failing ? 500 : 200).end();
      }),
    );
    const closing = await tcp((socket) => socket.end());
    checker.setTargets([
      target('wobbling', portOf(wobbling), { requestLine: 'GET /' }),
      target('falling', portOf(closing), { unhealthyThreshold: 5 }),
    ]);
    await poll(() => checker.votes().size === 2, { what: 'votes' });
    const changes = recordVotes();
    await close(closing);
    // Two of the five failures.
    await clock.sleep(2 * CHECK.intervalMs);
    failing = true;
    process.kill(await haproxyPid(), 'SIGKILL');
    // A new server of HAProxy goes down with its first failure, unless HAProxy knows that it was up.
    await poll(() => failures > 0, { what: 'a failed check', intervalMs: 2 });
    failing = false;
    await poll(() => changes.length > 0, { what: 'a change', intervalMs: 2 });
    await clock.sleep(50);
    expect(await showStat()).toMatch(/^tcp_200,falling_[^\n]*,DOWN,/m);
    expect(changes.map(({ id, up }) => [id, up])).toEqual([['falling', false]]);
  });

  test('a vote changes right after HAProxy has logged the result', async () => {
    const server = await tcp((socket) => socket.end());
    checker.setTargets([target('a', portOf(server)), target('b', await freePort())]);
    await poll(() => checker.votes().size === 2, { what: 'votes' });
    const end = new AbortController();
    const logged: number[] = [];
    const onLine = (line: string) => line.startsWith('Server tcp_200/a_') && logged.push(performance.now());
    const { ended } = await followEvents(haproxyFiles(dir).socket, 'events', { onLine, signal: end.signal });
    const changes = recordVotes();
    await close(server);
    await poll(() => changes.length === 1 && logged.length === 1, { what: 'a change' });
    expect((changes[0]?.atMs ?? 0) - (logged[0] ?? 0)).toBeLessThan(100 * SLACK);
    end.abort();
    await ended;
  });

  test('frozen: it is replaced, and no vote changes', async () => {
    const server = await tcp((socket) => socket.end());
    checker.setTargets([target('a', portOf(server)), target('b', await freePort())]);
    await poll(() => checker.votes().size === 2, { what: 'votes' });
    const changes = recordVotes();
    const before = await haproxyPid();
    process.kill(before, 'SIGSTOP');
    await poll(async () => (await haproxyPid()) !== before && checker.status().state === 'connected', {
      what: 'another process',
      timeoutMs: 25_000,
    });
    expect(changes).toEqual([]);
    await close(server);
    await voted('a', false);
  });

  test('the next agent adopts it with its targets, and goes on with the votes', async () => {
    const server = await tcp((socket) => socket.end());
    const targets = [target('a', portOf(server)), target('http', portOf(server), { requestLine: 'GET /' })];
    checker.setTargets([...targets, target('old', portOf(server))]);
    await poll(() => checker.votes().size === 3, { what: 'votes' });
    const votes = new Map(checker.votes());
    const pid = await haproxyPid();
    await leave();
    ({ checker, stop, haproxyPid } = startChecker(
      [START, 'haproxy'],
      ({ containerId }) => votes.get(containerId) ?? null,
    ));
    checker.setTargets(targets);
    await poll(() => checker.status().state === 'connected', { what: 'the connection' });
    await poll(async () => !/,old_/.test(await showStat()), { what: 'the removal of the old target' });
    expect([...checker.votes()]).toEqual(targets.map(({ containerId }) => [containerId, votes.get(containerId)]));
    expect(await haproxyPid()).toBe(pid);
    await close(server);
    await voted('a', false);
  });

  test('not installed: the problem names the package', async () => {
    const other = startChecker(['/no/such/haproxy']);
    other.checker.setTargets([target('a', 1)]);
    await poll(() => other.checker.status().problems.length > 0, { what: 'a problem' });
    expect(other.checker.status().problems).toMatchObject([{ hint: 'install the package haproxy' }]);
    await other.stop();
  });
});

describe('many definitions', () => {
  const COUNT = 100;
  const INTERVAL_MS = 6_000;

  test('100 services added one by one reset no counter, and no vote is missing for longer than an interval', async () => {
    const http = await listen(
      createServer((request, response) => response.writeHead(request.headers.host === 'no' ? 404 : 200).end()),
    );
    const closing = await tcp((socket) => socket.end());
    const opening = await freePort();
    const calm = { intervalMs: 1_000, responseTimeoutMs: 200 };
    const running = [
      target('steady-tcp', portOf(http), calm),
      target('steady-http', portOf(http), { ...calm, requestLine: 'GET /steady' }),
      target('falling', portOf(closing), { ...calm, unhealthyThreshold: 5 }),
      target('rising', opening, { ...calm, healthyThreshold: 5 }),
    ];
    checker.setTargets(running);
    await poll(() => checker.votes().size === running.length, { what: 'votes' });
    const changes = recordVotes();
    const targets = [...running];
    const addedAt = new Map<string, number>();
    const startedAtMs = performance.now();
    await close(closing);
    await tcp((socket) => socket.end(), opening);
    for (let n = 0; n < COUNT; n += 1) {
      const id = `service${n}`;
      // One in ten needs a backend that HAProxy does not have.
      const requestLine = `${n % 20 === 0 ? 'HEAD' : 'GET'} /p${n} "HTTP/1.1\\r\\nHost:\\ ${n % 2 ? 'no' : 'yes'}"`;
      const responseTimeoutMs = n % 10 === 5 ? 300 + n : 250;
      targets.push(target(id, portOf(http), { requestLine, intervalMs: INTERVAL_MS, responseTimeoutMs }));
      addedAt.set(id, performance.now());
      checker.setTargets([...targets]);
      await clock.sleep(80);
    }
    await poll(() => checker.votes().size === targets.length, { what: 'all votes' });
    const first = (id: string) => changes.find((change) => change.id === id);
    expect(changes.filter(({ id }) => id.startsWith('steady'))).toEqual([]);
    const waits = [...addedAt].map(([id, atMs]) => (first(id)?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
    expect(Math.max(...waits)).toBeLessThan(INTERVAL_MS);
    expect([...addedAt.keys()].filter((id, n) => vote(id)?.up === (n % 2 === 1))).toEqual([]);
    // Five results, an interval or the half of it apart, with several restarts in between.
    await poll(() => first('falling') && first('rising'), { what: 'both changes', timeoutMs: 15_000 });
    for (const id of ['falling', 'rising']) {
      const tookMs = (first(id)?.atMs ?? 0) - startedAtMs;
      expect([id, tookMs > 2_000 && tookMs < 13_000 ? 'in time' : tookMs]).toEqual([id, 'in time']);
    }
    expect(checker.status().restarts).toBeGreaterThan(5);
    expect(checker.status().problems).toEqual([]);
  });

  test('a hostile request line changes nothing else', async () => {
    const seen = new Set<string>();
    const http = await listen(
      createServer((request, response) => {
        seen.add(`${request.method} ${request.url} ${request.httpVersion} ${request.headers.host ?? ''}`);
        response.end();
      }),
    );
    const refused = [
      'GET "/',
      'GET / HTTP/1.0 x',
      'GET "/a\nb"',
      'GET /\\r\\nX:\\ y',
      'GET / HTTP/9',
      `GET /${'x'.repeat(2000)}`,
      "GET / 'HTTP/1.1\\r\\nbad header'",
      '"GET\nbackend" /',
      'G/T /',
      'GET "/;del server x/y;show info"',
    ];
    const sent = [
      ['GET "/;show?info;#x"', 'GET /;show?info;#x 1.0 '],
      ['GET "/%[env(PATH)]" "HTTP/1.0"', 'GET /%[env(PATH)] 1.0 '],
      [String.raw`GET '/a\b"c' HTTP/1.0`, String.raw`GET /a\b"c 1.0 `],
      [String.raw`GET /x "HTTP/1.1\r\nHost:\ %[rand]; '\"x"`, `GET /x 1.1 %[rand]; '"x`],
      ['/only-uri', 'OPTIONS /only-uri 1.0 '],
    ] as const;
    const line = (id: string, requestLine: string) => target(id, portOf(http), { requestLine });
    checker.setTargets([line('good', 'GET /good'), line('good2', 'GET /good2')]);
    await poll(() => checker.votes().size === 2, { what: 'votes' });
    const changes = recordVotes();
    const restarts = checker.status().restarts;
    checker.setTargets([
      line('good', 'GET /good'),
      line('good2', 'GET /good2'),
      ...refused.map((text, n) => line(`refused${n}`, text)),
      { ...line('bad-port', 'GET /'), port: 70_000 },
      { ...line('bad-address', 'GET /'), address: '127.0.0.1:80 check' },
      ...sent.map(([text], n) => line(`sent${n}`, text)),
    ]);
    await poll(() => sent.every(([, request]) => seen.has(request)), {
      what: `requests: ${JSON.stringify([...seen])}`,
    });
    expect(checker.status().problems).toHaveLength(refused.length + 2);
    await clock.sleep(3 * CHECK.intervalMs);
    expect(changes.filter(({ id }) => id.startsWith('good'))).toEqual([]);
    expect(restarts).toBeLessThan(3);
  });
});
