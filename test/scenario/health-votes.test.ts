import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HealthRow } from '../../agent/index.ts';
import { followEvents } from '../../haproxy/runtime-api.ts';
import { haproxyFiles } from '../../healthcheck/index.ts';
import { formatProblem } from '../../model/index.ts';
import type { ConsulCluster } from '../support/consul.ts';
import { addressOf, answersOf, composeUp, inside, lookUp, pidOf } from '../support/containers.ts';
import { watchName } from '../support/name-watch.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member, RESOLVER } from '../support/world.ts';

const HAPROXY = new URL('../support/haproxy', import.meta.url).pathname;
const INTERVAL_MS = 500;
const TIMEOUT_MS = 1_000;
const CHECK = {
  'drover.health.port': '80',
  'drover.health.interval': String(INTERVAL_MS),
  'drover.health.response_timeout': String(TIMEOUT_MS),
};
/** After this time, no vote is under way, and no reserve waits. */
const QUIET_MS = INTERVAL_MS + TIMEOUT_MS + 2_000;
/** Listens unless `/closed` exists. */
const GATED = [
  'sh',
  '-c',
  'mkdir -p /www; while :; do if [ ! -e /closed ]; then httpd -f -h /www & p=$!; while [ ! -e /closed ]; do sleep 0.1; done; kill $p; fi; sleep 0.1; done',
];
/** The target is 100 ms; `npm run bench -- health` measures it. */
const SLACK = 10;
const CONSUL = '192.0.2.101-192.0.2.103';

const resources = createResources();
let alpha: Member;
let beta: Member;
let gamma: Member;
let consul: ConsulCluster;
/** A container on beta that beta and gamma always vote about; alpha is the reserve. */
let web: string;
let addresses: readonly string[];

beforeAll(async () => {
  const config = () => ({ health: { haproxy: HAPROXY } });
  const world = await createWorld(resources, { names: ['alpha', 'beta', 'gamma'], bus: 'consul', config });
  [alpha, beta, gamma] = world.members as [Member, Member, Member];
  consul = world.consul as ConsulCluster;
  const ids: string[] = [];
  for (let number = 1; number <= 5; number += 1)
    ids.push(await composeUp(beta, 'shop', 'web', number, { command: GATED, labels: CHECK }));
  await composeUp(alpha, 'shop', 'client', 1);
  await composeUp(gamma, 'shop', 'client', 3);
  // The ids of containers are random, and with them the hosts that vote.
  const known = () => poll(async () => (await rows(alpha)).length === ids.length, { what: 'all containers on alpha' });
  const second = async () => (await rows(alpha)).find(({ votes }) => votes[1]?.host === 'gamma');
  for (await known(); !(await second()); await known())
    ids.push(await composeUp(beta, 'shop', 'web', ids.length + 1, { command: GATED, labels: CHECK }));
  web = (await second())?.container ?? '';
  addresses = await Promise.all(ids.map((id) => addressOf(beta, id)));
});
afterAll(() => resources.close());

async function rows({ agent }: Member, service = 'shop/web'): Promise<readonly HealthRow[]> {
  return JSON.parse((await agent.drover(['health', service, '--json'])).stdout) as readonly HealthRow[];
}

/** What each host says about `web`: `beta up, gamma up, alpha reserve`. */
async function said(member: Member): Promise<string> {
  const row = (await rows(member)).find(({ container }) => container === web);
  return (row?.votes ?? []).map(({ host, opinion }) => `${host} ${opinion}`).join(', ');
}

const say = (member: Member, expected: string, timeoutMs = 20_000) =>
  poll(async () => (await said(member)) === expected, { what: `${expected} on ${member.name}`, timeoutMs });

const ALL_UP = 'beta up, gamma up, alpha reserve';

async function answered(member: Member, client: string): Promise<number> {
  return answersOf(await lookUp(member, client, 'web')).length;
}

const seen = () => answered(alpha, 'shop-client-1');
const seeAll = () => poll(async () => (await seen()) === addresses.length, { what: 'all', timeoutMs: 20_000 });
const seeOneLess = () =>
  poll(async () => (await seen()) === addresses.length - 1, { what: 'one less', timeoutMs: 20_000 });

/** The checks of a host do not reach these addresses; what it forwards to them does. */
async function cut(member: Member, unreached: readonly string[]): Promise<void> {
  const rule = `ip daddr { ${unreached.join(', ')} } meta l4proto tcp reject with tcp reset`;
  const chain = `chain output { type filter hook output priority 0\n${unreached.length > 0 ? rule : ''}\n}`;
  await member.host.run('nft', ['-f', '-'], {
    input: `table ip cut\ndelete table ip cut\ntable ip cut {\n${chain}\n}`,
  });
}

/** The writes on the bus so far: the records of hosts (`n/`) and the groups of everything (`g/`), with the index of the last write. */
async function written(): Promise<readonly string[]> {
  const lists = await Promise.all(
    ['n', 'g'].map((kind) => consul.request('GET', `/v1/kv/drover/default/${kind}/?recurse`)),
  );
  const entries = lists.flatMap((list) => JSON.parse(list) as readonly { Key: string; ModifyIndex: number }[]);
  return entries.map(({ Key, ModifyIndex }) => `${Key.replace('drover/default/', '')} ${ModifyIndex}`);
}

/** The writes from now until there has been none for `quietMs`. */
async function writesUntilQuiet(quietMs = QUIET_MS): Promise<readonly string[]> {
  const before = new Set(await written());
  const writes = new Set<string>();
  let quietSinceMs = performance.now();
  const look = async (): Promise<boolean> => {
    for (const write of await written()) {
      if (before.has(write) || writes.has(write)) continue;
      writes.add(write);
      quietSinceMs = performance.now();
    }
    return performance.now() - quietSinceMs > quietMs;
  };
  await poll(look, { what: 'no writes', timeoutMs: 60_000, intervalMs: 20 });
  return [...writes];
}

/** When the HAProxy of a host next says that a target is down, in milliseconds since the epoch. */
async function nextDown({ agent }: Member): Promise<() => number> {
  let atMs = Number.NaN;
  const end = new AbortController();
  const onLine = (line: string): void => {
    if (/^Server \S+ is DOWN/.test(line)) atMs = Date.now();
  };
  const { ended } = await followEvents(haproxyFiles(agent.runDir).socket, 'events', { onLine, signal: end.signal });
  resources.add('events', async () => {
    end.abort();
    await ended;
  });
  return () => atMs;
}

test('a steady world writes nothing; a change that all hosts see costs two writes, and is in DNS at once', async () => {
  await say(alpha, ALL_UP);
  await seeAll();
  // The status of a component is written at an interval of 10 s.
  await writesUntilQuiet(11_000);
  const downs = await Promise.all([beta, gamma].map(nextDown));
  const watch = watchName(resources, await pidOf(alpha, 'shop-client-1'), { server: RESOLVER, name: 'web.shop' });
  await watch.until('all', (sighting) => sighting.addresses.length === addresses.length);
  for (const change of ['touch /closed', 'rm /closed']) {
    const counting = writesUntilQuiet();
    await inside(beta, web, change);
    const hosts = (await counting).filter((write) => write.startsWith('n/')).map((write) => write.split(' ')[0]);
    expect([change, hosts.length, new Set(hosts).size]).toEqual([change, 2, 2]);
    await (change === 'rm /closed' ? seeAll() : seeOneLess());
  }
  expect(await said(alpha)).toBe(ALL_UP);
  const gone = await watch.until('one less', (sighting) => sighting.addresses.length === addresses.length - 1);
  await watch.stop();
  expect(gone.at - Math.max(...downs.map((atMs) => atMs()))).toBeLessThan(100 * SLACK);
});

test('one host that reaches the container is enough, also if it is the third; the votes of a host that is cut off expire (Q20)', async () => {
  const address = await addressOf(beta, web);
  for (const member of [beta, gamma]) await cut(member, [address]);
  await say(alpha, 'beta down, gamma down, alpha up');
  await seeAll();
  await cut(gamma, []);
  await say(alpha, 'beta down, gamma up, alpha reserve');
  await cut(alpha, [address]);
  await seeAll();

  const cutAtMs = performance.now();
  await gamma.host.run('ip', ['link', 'set', 'uplink', 'down']);
  await seeOneLess();
  expect(performance.now() - cutAtMs).toBeLessThan(15_000);
  expect(await said(alpha)).toBe('beta down, alpha down');
  await gamma.host.run('ip', ['link', 'set', 'uplink', 'up']);
  await say(alpha, 'beta down, gamma up, alpha reserve', 40_000);
  await seeAll();
  for (const member of [alpha, beta]) await cut(member, []);
  await say(alpha, ALL_UP, 40_000);
});

test('Q2, Q20: a host that has lost the bus takes no container of another host out of its answers', async () => {
  const address = await addressOf(beta, web);
  const hooks = ['input', 'output'].map(
    (hook) =>
      `chain ${hook} { type filter hook ${hook} priority 0\nip ${hook === 'input' ? 's' : 'd'}addr ${CONSUL} drop\n}`,
  );
  await gamma.host.run('nft', ['-f', '-'], { input: `table ip no_consul {\n${hooks.join('\n')}\n}` });
  await cut(gamma, [address]);
  await say(gamma, 'beta up, gamma down, alpha reserve');
  expect(await answered(gamma, 'shop-client-3')).toBe(addresses.length);
  expect(await said(alpha)).toBe(ALL_UP);
  expect(await seen()).toBe(addresses.length);
  await gamma.host.run('nft', ['delete', 'table', 'ip', 'no_consul']);
  await say(alpha, 'beta up, gamma down, alpha reserve', 40_000);
  expect(await seen()).toBe(addresses.length);
  await cut(gamma, []);
  await say(alpha, ALL_UP, 40_000);
});

test('Q20: a checker that loses most of its targets publishes none of these losses', async () => {
  const told = new Set<string>();
  await cut(gamma, addresses);
  const withheld = async (): Promise<boolean> => {
    told.add(await said(alpha));
    return told.has('beta up, gamma none, alpha reserve');
  };
  await poll(withheld, { what: 'gamma without a vote', timeoutMs: 20_000 });
  expect([...told]).not.toContain('beta up, gamma down, alpha reserve');
  const problems = async () => (await gamma.agent.status()).parts.flatMap((part) => part.problems.map(formatProblem));
  await poll(async () => (await problems()).find((problem) => problem.includes('failed at once')), {
    what: 'the problem in the status of gamma',
  });
  expect(await seen()).toBe(addresses.length);
  await cut(gamma, []);
  await say(alpha, ALL_UP, 40_000);
});

test('a server whose accept queue is full fails its check, and passes it again', async () => {
  // Not the first process of the container: that one ignores SIGSTOP.
  const command = ['sh', '-c', 'mkdir -p /www; httpd -f -h /www; true'];
  await composeUp(beta, 'shop', 'queue', 1, { command, labels: CHECK });
  const until = (health: string) =>
    poll(async () => (await rows(alpha, 'shop/queue')).find((row) => row.health === health), {
      what: health,
      timeoutMs: 20_000,
    });
  await until('healthy');
  // Nothing takes these connections out of the queue, which has ten places. A check by TCP takes none: it resets before it is in the queue.
  const pid = (await inside(beta, 'shop-queue-1', 'pidof httpd')).trim();
  const clients = 'for n in $(seq 1 20); do nc 127.0.0.1 80 < /dev/null > /dev/null 2>&1 & done';
  // Clients that have not connected yet end with this shell.
  const isFull = "[ $(netstat -ltn | awk '/:80 / { print $2 }') -ge 10 ]";
  await inside(beta, 'shop-queue-1', `kill -STOP ${pid}; ${clients}; until ${isFull}; do sleep 0.1; done`);
  expect((await until('unhealthy')).votes[0]?.text).toMatch(/^Layer4 timeout/);
  await inside(beta, 'shop-queue-1', `kill -CONT ${pid}`);
  await until('healthy');
});
