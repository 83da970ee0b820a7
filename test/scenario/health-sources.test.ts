import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HealthRow } from '../../agent/index.ts';
import { answersOf, composeUp, inside, lookUp } from '../support/containers.ts';
import { type PollOptions, poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

/** One host without HAProxy and without other hosts: commands, Docker's HEALTHCHECK, and declarations that are not valid. */
const resources = createResources();
const SECOND = 1e9;
const FAST = { 'drover.health.interval': '300', 'drover.health.response_timeout': '2000' };
const READY = { ...FAST, 'drover.health.exec': 'test -e /go || { echo not yet; exit 3; }' };
let alpha: Member;

beforeAll(async () => {
  const config = () => ({ health: { haproxy: '/no/such/haproxy' } });
  [alpha] = (await createWorld(resources, { names: ['alpha'], bus: 'embedded', config })).members as [Member];
  await composeUp(alpha, 'shop', 'client', 1);
});
afterAll(() => resources.close());

/** Commands take a while on a busy machine. */
const soon = (attempt: () => Promise<boolean>, options: PollOptions) =>
  poll(attempt, { timeoutMs: 20_000, ...options });

async function row(container: string): Promise<HealthRow | undefined> {
  const { stdout } = await alpha.agent.drover(['health', '--json']);
  return (JSON.parse(stdout) as readonly HealthRow[]).find((one) => one.container === container);
}
const untilHealth = (container: string, health: HealthRow['health']) =>
  soon(async () => (await row(container))?.health === health, { what: `${container}: ${health}` });
const touch = (container: string, file: string) => inside(alpha, container, `touch ${file}`);
const remove = (container: string, file: string) => inside(alpha, container, `rm ${file}`);
const seen = async (service: string) => answersOf(await lookUp(alpha, 'shop-client-1', service)).length;

/** `drover status` as people read it. */
const status = async () => (await alpha.agent.drover(['status'])).stdout;
async function untilNamed(...texts: readonly string[]): Promise<void> {
  const isNamed = async () => {
    const page = await status();
    return texts.every((text) => page.includes(text));
  };
  await soon(isNamed, { what: `a status that names ${texts.join(', ')}` });
}

test('Q5: a command decides when a container is ready, without a port and without HAProxy', async () => {
  await composeUp(alpha, 'shop', 'worker', 1, { labels: READY });
  await soon(async () => (await row('shop-worker-1'))?.votes[0]?.opinion === 'waiting', { what: 'the first result' });
  expect(await seen('worker')).toBe(0);
  await touch('shop-worker-1', '/go');
  await soon(async () => (await seen('worker')) === 1, { what: 'the worker' });
  await remove('shop-worker-1', '/go');
  await untilHealth('shop-worker-1', 'unhealthy');
  expect((await row('shop-worker-1'))?.votes).toMatchObject([
    { host: 'alpha', opinion: 'down', text: 'exit code 3: not yet' },
  ]);
  expect((await alpha.agent.drover(['health', 'shop/worker'])).stdout).toContain('test -e /go || { echo not yet');
  await touch('shop-worker-1', '/go');
  await untilHealth('shop-worker-1', 'healthy');
  expect(await status()).not.toMatch(/haproxy/i);
});

test('Docker’s HEALTHCHECK and a command count alike: one that passes is enough, whichever it is', async () => {
  const Healthcheck = { Test: ['CMD', 'test', '-e', '/docker'], Interval: SECOND / 2, Timeout: SECOND, Retries: 1 };
  const labels = { ...FAST, 'drover.health.exec': '["test", "-e", "/drover"]' };
  await composeUp(alpha, 'shop', 'both', 1, { labels, create: { Healthcheck } });
  const opinions = async () => (await row('shop-both-1'))?.votes.map(({ by, opinion }) => `${by} ${opinion}`).join();
  const until = async (expected: string, health: HealthRow['health']) => {
    await soon(async () => (await opinions()) === expected, { what: expected });
    await untilHealth('shop-both-1', health);
  };
  await until('drover waiting,docker down', 'initializing');
  expect(await seen('both')).toBe(0);
  await touch('shop-both-1', '/docker');
  await until('drover waiting,docker up', 'healthy');
  await touch('shop-both-1', '/drover');
  await until('drover up,docker up', 'healthy');
  await remove('shop-both-1', '/docker');
  await until('drover up,docker down', 'healthy');
  await remove('shop-both-1', '/drover');
  await until('drover down,docker down', 'unhealthy');
  await touch('shop-both-1', '/docker');
  await until('drover down,docker up', 'healthy');
});

test('a check that passes does not wait for a HEALTHCHECK that has no result yet', async () => {
  const Healthcheck = { Test: ['CMD', 'true'], Interval: 600 * SECOND };
  await composeUp(alpha, 'shop', 'slow', 1, { labels: READY, create: { Healthcheck } });
  await untilHealth('shop-slow-1', 'initializing');
  await touch('shop-slow-1', '/go');
  await untilHealth('shop-slow-1', 'healthy');
  expect((await row('shop-slow-1'))?.votes.at(-1)).toMatchObject({ by: 'docker', opinion: 'waiting' });
});

test('a declaration that is not valid is named, changes nothing else, and not even its service; also after a restart', async () => {
  const manifest = (check: string, more = '') =>
    writeFile(
      join(alpha.host.dir, 'drover/manifests/shop.yml'),
      `stack: shop\nservices:\n  api:\n    health_check: ${check}\n${more}`,
    );
  const checkOf = async (container: string) => (await row(container))?.check?.exec ?? null;
  await manifest('{ exec: [test, -e, /go], interval: 300 }');
  await composeUp(alpha, 'shop', 'api', 1, { command: ['sh', '-c', 'touch /go; sleep 1000000'] });
  await untilHealth('shop-api-1', 'healthy');

  await manifest('{ exec: [test, -e, /go], port: 80 }', '  pay: { external_ips: [192.0.2.9] }\n');
  const labels = { 'drover.health.port': '70000' };
  await composeUp(alpha, 'shop', 'worker', 2, { labels: { ...READY, 'drover.health.interval': '1' } });
  await composeUp(alpha, 'shop', 'bad', 1, { labels });
  const named = [
    'services.api.health_check.port',
    'does not go together with `exec`',
    'shop-bad-1',
    'label `drover.health.port` is "70000"',
    'shop-worker-2',
    'label `drover.health.interval` is "1"',
  ];
  const untilAsBefore = async () => {
    await untilNamed(...named);
    await soon(async () => (await seen('pay')) === 1 && (await seen('bad')) === 1, { what: 'the other services' });
    await untilHealth('shop-api-1', 'healthy');
    await untilHealth('shop-worker-1', 'healthy');
    expect(await checkOf('shop-api-1')).toEqual(['test', '-e', '/go']);
    expect(await checkOf('shop-worker-1')).toEqual(['/bin/sh', '-c', READY['drover.health.exec']]);
    expect(await checkOf('shop-bad-1')).toBeNull();
  };
  await untilAsBefore();
  await alpha.agent.stop('SIGKILL');
  await alpha.agent.start();
  await untilAsBefore();
  await remove('shop-api-1', '/go');
  await untilHealth('shop-api-1', 'unhealthy');
});

test('a port that nobody can check, because HAProxy is missing, does not stop the commands', async () => {
  await composeUp(alpha, 'shop', 'tcp', 1, { labels: { ...FAST, 'drover.health.port': '80' } });
  await untilNamed('haproxy');
  await soon(async () => (await row('shop-tcp-1'))?.votes[0]?.opinion === 'none', { what: 'no vote about shop-tcp-1' });
  await remove('shop-worker-1', '/go');
  await untilHealth('shop-worker-1', 'unhealthy');
});
