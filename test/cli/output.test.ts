import { expect, test } from 'vitest';
import { type AgentStatus, problemsOf, type ServiceRow } from '../../agent/index.ts';
import { formatContainers } from '../../cli/commands/containers.ts';
import { formatHealth } from '../../cli/commands/health.ts';
import { formatServices } from '../../cli/commands/services.ts';
import { formatDuration } from '../../cli/output/duration.ts';
import { formatPlans } from '../../cli/output/plans.ts';
import { formatRollEvent } from '../../cli/output/roll.ts';
import { formatStatus } from '../../cli/output/status-page.ts';
import { formatTable } from '../../cli/output/table.ts';
import { parseListen } from '../../cli/support/listen-option.ts';
import { rowsOf } from '../../cli/support/listing.ts';
import { settingFlags } from '../../cli/support/settings.ts';
import { type Seen, watch } from '../../cli/support/watch.ts';
import { defaultHealthCheck, formatProblem } from '../../model/index.ts';
import type { Standing } from '../../view/index.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

const status: AgentStatus = {
  agent: { version: '0.1.0', pid: 10, startedAtMs: NOW - 3_600_000 },
  host: { id: 'id-1', name: 'alpha', address: '192.0.2.1' },
  environment: 'default',
  state: { revision: 7, complete: true, staleSinceMs: null, hosts: 1, services: 2, containers: 3 },
  bus: { driver: 'embedded', connected: true, problem: null, lastContactMs: NOW - 250 },
  docker: { connected: true, problem: null, lastSyncMs: NOW - 5_000, apiVersion: '1.41' },
  processes: [
    {
      name: 'dns',
      child: {
        name: 'dns',
        state: 'running',
        pid: 11,
        startedAtMs: NOW - 60_000,
        adopted: true,
        restarts: 2,
        lastEnd: null,
        outputFile: '/run/drover/dns.log',
      },
      connected: true,
      starting: false,
      serving: true,
      problems: [],
      version: '0.1.0',
      pid: 11,
      appliedRevision: 5,
      report: null,
    },
  ],
  parts: [{ name: 'publish', lastAppliedAtMs: NOW - 1_000, problems: [], pending: [] }],
  resolvers: { ours: 2, exempt: 1, problems: [], left: [] },
  silentHosts: [],
  problems: [],
};

test('formatStatus() shows the host, its processes and its parts on one page', () => {
  expect(`\n${formatStatus(status, NOW)}`).toBe(`
host       alpha (id-1), 192.0.2.1, environment default
agent      version 0.1.0, pid 10, up 1 h
state      revision 7, live
known      1 host, 2 services, 3 containers
bus        embedded, connected, last read 250 ms ago
docker     connected, API 1.41, last full list 5 s ago
resolvers  2 containers use Drover only; 1 opted out

PROCESS  STATE    PID  UP     RESTARTS  VERSION  APPLIED
dns      serving  11   1 min  2         0.1.0    revision 5, 2 behind

PART     LAST APPLIED  STATE
publish  1 s ago       ok

No problems.`);
});

test('drover status says how hosts reach each other, and what carries the packets here', () => {
  const overlay = {
    backend: 'wireguard',
    reason: 'auto: every host can use it',
    means: 'kernel',
    isChanging: false,
  } as const;
  expect(formatStatus({ ...status, overlay }, NOW)).toContain(
    'overlay    wireguard (kernel), auto: every host can use it; see drover overlay',
  );
  expect(formatStatus({ ...status, overlay: { ...overlay, means: null, isChanging: true } }, NOW)).toContain(
    'overlay    wireguard (not possible on this host), auto: every host can use it, changing; see drover overlay',
  );
  expect(formatStatus({ ...status, overlay: null }, NOW)).not.toContain('overlay ');
});

test('formatStatus() has a line for the load balancer, if there is something to balance', () => {
  const counts = { listeners: 2, rules: 12, reloads: 1, generations: 1 };
  const loadBalancer = { state: 'running', version: '2.6.12', features: ['OPENSSL', 'SLZ'], ...counts } as const;
  expect(formatStatus({ ...status, loadBalancer }, NOW)).toContain(
    '\nbalancer   HAProxy 2.6.12 (OPENSSL, SLZ) running, 2 listeners, 12 rules, 1 reload; see drover lb\n',
  );
  const { features: _, ...earlier } = loadBalancer;
  expect(formatStatus({ ...status, loadBalancer: earlier as typeof loadBalancer }, NOW)).toContain(
    '\nbalancer   HAProxy 2.6.12 running, ',
  );
  expect(formatStatus({ ...status, loadBalancer: null }, NOW)).not.toContain('balancer');
});

test('formatStatus() names the containers whose resolv.conf is left alone, at most ten', () => {
  const note = (n: number) => ({ subject: `container ${n} vpn-${n}`, what: 'wrote its resolv.conf', hint: 'label it' });
  const leaving = (count: number) => {
    const left = Array.from({ length: count }, (_, n) => note(n));
    return formatStatus({ ...status, resolvers: { ...status.resolvers, left } }, NOW);
  };
  expect(leaving(2)).toContain(`
resolvers  2 containers use Drover only; 1 opted out; 2 left alone:
           container 0 vpn-0: wrote its resolv.conf; label it
           container 1 vpn-1: wrote its resolv.conf; label it

`);
  expect(leaving(12)).toContain('vpn-9: wrote its resolv.conf; label it\n           and 2 more (--json lists all)\n');
  const { left: _left, ...earlier } = status.resolvers;
  expect(formatStatus({ ...status, resolvers: earlier as typeof status.resolvers }, NOW)).toContain('1 opted out\n');
});

test('formatStatus() ends with the problems and their hints', () => {
  const bad: AgentStatus = {
    ...status,
    state: { ...status.state, staleSinceMs: NOW - 60_000 },
    bus: { driver: 'consul', connected: false, problem: 'connection refused', lastContactMs: null },
    silentHosts: [{ hostId: 'b', name: 'beta', state: 'down', silentMs: 9_000 }],
  };
  const page = formatStatus(bad, NOW);
  expect(page).toContain('STALE: saved 1 min ago');
  expect(page.slice(page.indexOf('3 problems'))).toBe(`3 problems:
  bus consul: connection refused; check that the bus is running; until then Drover answers from its last known state and retries
  state: answers come from the state saved at 2026-01-01T11:59:00.000Z; no action needed if bus and Docker are starting: the state becomes live once both answer
  host beta: has not answered probes for 9 s; its containers are left out of all answers; check that the host is up and that its UDP port (liveness.port) is reachable`);
});

test('formatHealth() shows the verdict and what each checker says', () => {
  const check = { ...defaultHealthCheck, port: 80 };
  const vote = {
    ...{ host: 'alpha', by: 'drover' as const, opinion: 'up' as const },
    ...{ sinceMs: NOW - 60_000, text: 'Layer4 check passed' },
  };
  const row = {
    ...{ stack: 'shop', service: 'web', container: 'shop-web-1', host: 'alpha', state: 'running' as const },
    ...{ health: 'healthy' as const, check, votes: [vote], sinceMs: NOW - 61_000 },
    next: { kind: 'none' as const, why: 'healthy', atMs: null },
  };
  const down = { ...vote, opinion: 'down' as const, text: 'Layer4 timeout' };
  const none = { ...vote, host: 'beta', opinion: 'none' as const, sinceMs: null, text: '' };
  const reserve = { ...none, host: 'gamma', opinion: 'reserve' as const };
  const suspended = { ...none, text: 'most checks of this host failed at once' };
  const docker = { ...vote, by: 'docker' as const, sinceMs: null, text: '' };
  const http = { ...check, requestLine: 'GET / HTTP/1.0', expectedStatus: '200' };
  const command = { ...check, exec: ['/bin/sh', '-c', 'pg_isready\n  -q'] };
  const rows = [
    { ...row, votes: [vote, reserve] },
    { ...row, container: 'shop-web-2', health: 'unhealthy' as const, votes: [down, none, suspended] },
    { ...row, container: 'shop-web-3', health: null, votes: [none], check: http, sinceMs: null },
    { ...row, container: 'shop-db-1', service: 'db', check: null, votes: [docker], sinceMs: null },
    { ...row, container: 'shop-web-4', state: 'stopped' as const, votes: [] },
    { ...row, container: 'alone', stack: null, service: null, check: command },
  ];
  expect(`\n${formatHealth(rows, NOW)}`).toMatchInlineSnapshot(`
    "
    SERVICE   CONTAINER            HEALTH               CHECK                           CHECKED BY
    shop/web  shop-web-1 on alpha  healthy for 1 min    TCP 80                          alpha: up for 1 min (Layer4 check passed); gamma: in reserve
    shop/web  shop-web-2 on alpha  unhealthy for 1 min  TCP 80                          alpha: down for 1 min (Layer4 timeout); beta: no result yet; beta: no vote (most checks of this host failed at once)
    shop/web  shop-web-3 on alpha  no result            GET / HTTP/1.0 80, expects 200  beta: no result yet
    shop/db   shop-db-1 on alpha   healthy              Docker's HEALTHCHECK            Docker: up
    shop/web  shop-web-4 on alpha  stopped              TCP 80                          -
    -         alone on alpha       healthy for 1 min    pg_isready -q                   alpha: up for 1 min (Layer4 check passed)"
  `);
  const next = (kind: 'recreate' | 'wait' | 'stopped', why: string, atMs: number | null = null) => {
    const [head = '', line = ''] = formatHealth([{ ...row, next: { kind, why, atMs } }], NOW).split('\n');
    return line.slice(head.indexOf('NEXT'), head.indexOf('CHECKED BY')).trim();
  };
  expect(next('recreate', 'unhealthy')).toBe('recreate');
  expect(next('recreate', 'initializing', NOW + 5_000)).toBe('recreate in 5 s');
  expect(next('wait', '1 of 2 healthy, quorum 2')).toBe('wait to recreate: 1 of 2 healthy, quorum 2');
  expect(next('wait', 'recreated a short time ago', NOW + 5_000)).toMatch(/: recreated a short time ago, up to 5 s$/);
  expect(next('stopped', '3 new containers in a row did not become healthy')).toMatch(/^stopped: 3 new containers/);
  expect(formatHealth([], NOW)).toMatch(/^No container has a health check. To declare one/);
});

test('formatServices() lists the endpoints that are left out, with the reason', () => {
  const endpoint = {
    ...{ container: 'shop-web-1', host: 'alpha', address: '10.42.0.2', answered: true, reason: 'ready', exit: null },
  };
  const down = {
    ...{ host: 'alpha', by: 'drover' as const, opinion: 'down' as const },
    ...{ sinceMs: NOW - 12_000, text: 'Layer4 timeout' },
  };
  const killed = { reason: 'created, restarting or stopped', exit: { code: 137, atMs: NOW - 60_000 } };
  const rows = [
    {
      stack: 'shop',
      service: 'web',
      kind: 'service' as const,
      answered: 1,
      total: 3,
      endpoints: [
        endpoint,
        { ...endpoint, container: 'shop-web-2', answered: false, reason: 'its check fails', votes: [down] },
        { ...endpoint, container: 'shop-web-3', answered: false, ...killed },
      ],
      notes: [],
    },
  ];
  expect(`\n${formatServices(rows, NOW)}`).toBe(`
STACK  SERVICE  KIND     READY  ADDRESSES
shop   web      service  1/3    10.42.0.2

Left out:
  shop/web: shop-web-2 on alpha: its check fails (alpha: down for 12 s (Layer4 timeout))
  shop/web: shop-web-3 on alpha: exited (137) 1 min ago`);
});

test('formatServices() counts the ready endpoints, and names an external service', () => {
  const at = (standing: Standing, answered: boolean, n: number) => ({
    ...{ container: `c${n}`, host: 'alpha', address: `10.42.0.${n}`, answered, standing, reason: standing, exit: null },
  });
  const row = (service: string, ready: number, endpoints: ReturnType<typeof at>[], more: Partial<ServiceRow> = {}) => {
    const answered = endpoints.filter((one) => one.answered).length;
    return {
      stack: 's',
      service,
      kind: 'service',
      ready,
      answered,
      total: endpoints.length,
      endpoints,
      notes: [],
      ...more,
    } as const;
  };
  const external = { kind: 'externalService', externalName: 'www.example.com' } as const;
  const rows: readonly ServiceRow[] = [
    row('ok', 2, [at('ready', true, 1), at('unchecked', true, 2)]),
    row('failing', 0, [at('failing', true, 3), at('failing', true, 4)]),
    row('mixed', 1, [
      at('ready', true, 5),
      at('initializing', true, 6),
      at('unhealthy', true, 7),
      at('failing', true, 8),
    ]),
    row('draining', 0, [at('draining', true, 9)]),
    row('left', 1, [at('ready', true, 11), at('failing', false, 12), at('down', false, 13)]),
    row('none', 0, []),
    row('external', 0, [], external),
    row('both', 1, [{ ...at('ready', true, 10), container: '', standing: null as never }], external),
  ];
  expect(`\n${formatServices(rows, NOW)}`).toBe(`
STACK  SERVICE   KIND             READY                                                         ADDRESSES
s      ok        service          2/2                                                           10.42.0.1 10.42.0.2
s      failing   service          0/2 (2 failing, still answered)                               10.42.0.3 10.42.0.4
s      mixed     service          1/4 (1 initializing, 1 unhealthy, 1 failing, still answered)  10.42.0.5 10.42.0.6 10.42.0.7 10.42.0.8
s      draining  service          0/1 (1 draining, still answered)                              10.42.0.9
s      left      service          1/3 (1 failing)                                               10.42.0.11
s      none      service          0/0                                                           -
s      external  externalService  -                                                             www.example.com
s      both      externalService  1/1                                                           www.example.com 10.42.0.10

Left out:
  s/left: c12 on alpha: failing
  s/left: c13 on alpha: down`);
});

test('formatServices() names where services are published, if any is', () => {
  const row = (service: string, published: readonly string[]): ServiceRow => ({
    ...{ stack: 's', service, kind: 'service', answered: 0, total: 0, endpoints: [], notes: [], published },
  });
  expect(`\n${formatServices([row('web', ['http://x.org', 'https://x.org']), row('db', [])], NOW)}`).toBe(`
STACK  SERVICE  KIND     READY  PUBLISHED                   ADDRESSES
s      web      service  0/0    http://x.org https://x.org  -
s      db       service  0/0    -                           -`);
});

test('rowsOf() keeps the rows of a stack or a service, in any case, with its sidekicks', () => {
  const rows = ['shop/web', 'shop/web/log', 'shop/db', 'bank/web'].map((key) => {
    const [stack = '', ...service] = key.split('/');
    return { stack, service: service.join('/') };
  });
  const names = (stack: string, service: string | null = null) =>
    rowsOf(rows, { stack, service }).map((row) => `${row.stack}/${row.service}`);
  expect(names('SHOP')).toEqual(['shop/web', 'shop/web/log', 'shop/db']);
  expect(names('shop', 'Web')).toEqual(['shop/web', 'shop/web/log']);
  expect(() => names('shp')).toThrow('drover: shp: is not known; did you mean shop?');
  expect(() => names('shop', 'wev')).toThrow('drover: shop/wev: is not known; did you mean shop/web?');
});

test('watch() redraws on a terminal, and prints new lines elsewhere, only when the state changes', async () => {
  const states = ['A  1\nB  2', 'A  1\nB  2', 'A   1\nB   33', null, 'A  1'];
  const run = async (isTerminal: boolean) => {
    const shown: string[] = [];
    const end = new AbortController();
    const add = (text: string) => void shown.push(text);
    let at = 0;
    const see = async (): Promise<Seen> => {
      const text = states[at] ?? null;
      at += 1;
      if (at === states.length) end.abort();
      return text === null ? { ok: false, why: 'not running' } : { ok: true, key: text, text };
    };
    await watch({ isTerminal, print: add, write: add, warn: add }, see, { signal: end.signal, intervalMs: 0 });
    return shown;
  };
  expect(await run(false)).toEqual(['A  1', 'B  2', 'B   33', 'not running']);
  const clear = '\u001b[H\u001b[2J';
  expect(await run(true)).toEqual([`${clear}A  1\nB  2\n`, `${clear}A   1\nB   33\n`, 'not running', `${clear}A  1\n`]);
});

test('formatContainers() shows state, health or exit status', () => {
  const row = { name: 'web', id: 'a', host: 'alpha', stack: null, service: null, image: 'i', health: null, exit: null };
  const at = { address: '10.42.0.2', via: 'managed', reason: null };
  const none = { address: null, via: null, reason: 'it is not running' };
  const exit = { code: 1, atMs: NOW - 3_000 };
  const rows = [
    { ...row, ...at, state: 'running' as const, health: 'healthy' as const },
    { ...row, ...none, state: 'stopped' as const, exit },
    { ...row, ...none, state: 'restarting' as const, exit },
  ];
  expect(`\n${formatContainers(rows, NOW)}`).toBe(`
HOST   CONTAINER  SERVICE  STATE                           ADDRESS
alpha  web        -        running, healthy                10.42.0.2 (managed)
alpha  web        -        exited (1) 3 s ago              none: it is not running
alpha  web        -        restarting, exited (1) 3 s ago  none: it is not running`);
});

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [1_000, '1 s'],
  [61_000, '1 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 d'],
])('formatDuration(%s) is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('control characters do not reach the terminal', () => {
  const problem = { subject: 'label drover.lb.a\n\u001b[2Jb', what: 'is\u009b wrong', hint: 'correct it' };
  expect(formatProblem(problem)).toBe('label drover.lb.a\\u000a\\u001b[2Jb: is\\u009b wrong; correct it');
  const columns = [{ title: 'NAME', value: ({ name }: { name: string }) => name }];
  expect(formatTable([{ name: 'a\u001b[2J\nb' }], columns)).toBe('NAME\na\\u001b[2J\\u000ab');
});

test('formatTable() shows an empty cell as a dash and writes no trailing spaces', () => {
  const columns = [
    { title: 'A', value: ({ a }: { a: string; b: string }) => a },
    { title: 'B', value: ({ b }: { a: string; b: string }) => b },
  ];
  expect(formatTable([{ a: 'long', b: '' }], columns)).toBe('A     B\nlong  -');
});

test('settingFlags() accepts a space or an equals sign, and refuses a stray word', () => {
  expect(settingFlags(['--bus-driver', 'consul', '--supervise=false', '--x', '--y'])).toEqual({
    'bus-driver': 'consul',
    supervise: 'false',
    x: 'true',
    y: 'true',
  });
  expect(() => settingFlags(['status'])).toThrow(/argument status: unexpected argument/);
});

test('parseListen() accepts an address and a port, IPv6 in brackets', () => {
  expect(parseListen('127.0.0.1:5353')).toEqual({ address: '127.0.0.1', port: 5353 });
  expect(parseListen('[::1]:53')).toEqual({ address: '::1', port: 53 });
  for (const bad of ['localhost:53', '127.0.0.1', '127.0.0.1:70000', '::1:53'])
    expect(() => parseListen(bad)).toThrow(/ADDRESS:PORT/);
});

test('formatPlans() names the component of each change, held deletion and problem, and says if there is nothing', () => {
  const idle = { component: 'port-guard', changes: [], held: [], problems: [] };
  expect(formatPlans([idle])).toBe('No changes.');
  const problem = { subject: 'device drover0', what: 'is down', hint: 'set it up' };
  const routing = {
    component: 'managed-routing',
    changes: ['ip route add'],
    held: ['ip route del'],
    problems: [problem],
  };
  expect(formatPlans([idle, routing])).toBe(
    `managed-routing
  ip route add
  held until 'drover confirm managed-routing': ip route del
  problem: device drover0: is down; set it up`,
  );
});

test('a process that was just started is no alarm; one that stays away is', () => {
  const [dns] = status.processes;
  if (!dns) throw new Error('no process');
  const told = (starting: boolean) =>
    problemsOf({ ...status, processes: [{ ...dns, connected: false, starting }] }).map(formatProblem);
  expect(told(true)).toContain('process dns: is starting; no action needed');
  expect(told(false)).toContain(`process dns: is not connected to the agent; see ${dns.child?.outputFile}`);
});

test('formatRollEvent() prints one line a step, and the steps of a dry run', () => {
  const image = { image: 'app:2', imageId: `sha256:${'a'.repeat(64)}` };
  const plan = {
    kind: 'plan',
    containers: [
      { container: 'web-1', skipped: null, steps: ['create', 'start'], ...image },
      { container: 'web-2', skipped: 'it has this image already', steps: [], ...image },
    ],
  } as const;
  const lines = [
    'web-1: replace by a container of app:2 (aaaaaaaaaaaa)',
    'web-2: not replaced: it has this image already',
  ];
  expect(formatRollEvent(plan, false).lines).toEqual(lines);
  expect(formatRollEvent(plan, true).lines).toEqual([lines[0], '  create', '  start', lines[1]]);
  const problem = { subject: 'container web-1', what: 'failed', hint: 'fix it' };
  const end = { kind: 'end', rolled: 1, skipped: 1, failed: true, others: [{ host: 'beta', containers: 2 }] } as const;
  expect([
    formatRollEvent({ kind: 'step', container: 'web-1', text: 'start' }, false),
    formatRollEvent({ kind: 'step', container: null, text: 'wait' }, false),
    formatRollEvent({ kind: 'failed', problem }, false),
    formatRollEvent(end, false),
    formatRollEvent({ ...end, skipped: 0, failed: false, others: [] }, false),
  ]).toEqual([
    { lines: ['web-1: start'], problem: null },
    { lines: ['wait'], problem: null },
    { lines: [], problem: `drover: ${formatProblem(problem)}` },
    {
      lines: [
        'Ended early: 1 replaced, 1 not replaced, 1 failed. Containers of another image on other hosts: beta (2); roll them there.',
      ],
      problem: null,
    },
    { lines: ['Done: 1 replaced.'], problem: null },
  ]);
});
