import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HealthRow } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { compose, composeStack } from '../support/compose.ts';
import { addressOf, answersOf, composeUp, inside, lookUp } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { lastingParts, listAll } from '../support/recreation.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member, type World } from '../support/world.ts';

const HAPROXY = new URL('../support/haproxy', import.meta.url).pathname;
const CHECK = {
  'drover.health.port': '80',
  'drover.health.interval': '300',
  'drover.health.response_timeout': '300',
  'drover.health.unhealthy_threshold': '2',
};
/** Serves from its start on. Stops serving while `/stop` exists, which a new container does not have, or `/data/broken`. */
const SERVER =
  'mkdir -p /www /data; while :; do if [ -e /stop ] || [ -e /data/broken ]; then sleep 0.1; else httpd -f -h /www & p=$!; while ! [ -e /stop ] && ! [ -e /data/broken ]; do sleep 0.1; done; kill -9 $p; fi; done';
const COMMAND = ['sh', '-c', SERVER];

const resources = createResources();
let world: World;
let alpha: Member;
let beta: Member;

beforeAll(async () => {
  const config = () => ({ health: { haproxy: HAPROXY } });
  world = await createWorld(resources, { names: ['alpha', 'beta'], bus: 'consul', config });
  [alpha, beta] = world.members as [Member, Member];
  await alpha.engine.docker.createNetwork({
    Name: 'back',
    IPAM: { Driver: 'default', Config: [{ Subnet: '10.82.0.0/24' }] },
  });
  await composeUp(beta, 'shop', 'client', 1);
});
afterAll(() => resources.close());

const stop = (member: Member, name: string) => inside(member, name, 'touch /stop');
const idOf = async ({ engine }: Member, name: string) => (await engine.docker.getContainer(name).inspect()).Id;

async function rowOf({ agent }: Member, service: string, container: string): Promise<HealthRow | undefined> {
  const rows = JSON.parse((await agent.drover(['health', service, '--json'])).stdout) as readonly HealthRow[];
  return rows.find((row) => row.container === container);
}

const untilHealth = (member: Member, service: string, container: string, health: string) =>
  poll(async () => (await rowOf(member, service, container))?.health === health, {
    what: `${container} ${health} on ${member.name}`,
    timeoutMs: 30_000,
  });

const untilRecreated = (member: Member, name: string, before: string) =>
  poll(async () => (await idOf(member, name).catch(() => before)) !== before, {
    what: `another ${name}`,
    timeoutMs: 30_000,
  });

const problemsOf = async ({ agent }: Member) =>
  (await agent.status()).parts.flatMap(({ problems }) => problems.map(formatProblem));

/** A container of Compose with volumes, fixed addresses and aliases. */
const shop = (address: string) => `
name: shop
services:
  web:
    image: drover-busybox
    init: true
    command: [sh, -c, ${JSON.stringify(SERVER.replaceAll('$', '$$$$'))}]
    stop_signal: SIGKILL
    labels: ${JSON.stringify({ ...CHECK, 'drover.health.strategy': 'recreate' })}
    volumes: [named:/data, /anonymous]
    restart: unless-stopped
    networks: { default: { ipv4_address: ${address}, aliases: [site] }, back: { ipv4_address: 10.82.0.50 } }
networks:
  default: { name: drover, external: true }
  back: { external: true }
volumes:
  named: {}
`;

test('an unhealthy container of Compose leaves the answers, is recreated as it was, and comes back', async () => {
  const { IPAM } = (await alpha.engine.docker.getNetwork('drover').inspect()) as {
    IPAM: { Config?: { Subnet?: string }[] };
  };
  const address = (IPAM.Config?.[0]?.Subnet ?? '').replace(/\.\d+\/\d+$/, '.200');
  const file = await composeStack(alpha, 'shop', shop(address));
  await untilHealth(beta, 'shop/web', 'shop-web-1', 'healthy');
  await inside(alpha, 'shop-web-1', 'echo kept > /anonymous/file');
  const [id, before] = [
    await idOf(alpha, 'shop-web-1'),
    await lastingParts(alpha.engine.docker.getContainer('shop-web-1')),
  ];
  const answers = async () => answersOf(await lookUp(beta, 'shop-client-1', 'web'));

  await stop(alpha, 'shop-web-1');
  await untilRecreated(alpha, 'shop-web-1', id);
  await untilHealth(beta, 'shop/web', 'shop-web-1', 'healthy');
  await poll(async () => (await answers()).join() === address, { what: 'its address in the answers' });
  expect(await lastingParts(alpha.engine.docker.getContainer('shop-web-1'))).toEqual(before);
  expect(await inside(alpha, 'shop-web-1', 'cat /anonymous/file')).toBe('kept\n');

  const after = await idOf(alpha, 'shop-web-1');
  await compose(alpha, file, 'up', '--detach');
  expect(await idOf(alpha, 'shop-web-1')).toBe(after);
  expect(await rowOf(beta, 'shop/web', 'shop-web-1')).toMatchObject({ next: { kind: 'none', why: 'healthy' } });
});

test('recreateOnQuorum recreates nothing while too few containers of all hosts are healthy', async () => {
  const labels = { ...CHECK, 'drover.health.strategy': 'recreateOnQuorum', 'drover.health.quorum': '2' };
  const options = { command: COMMAND, labels, create: { StopSignal: 'SIGKILL' } };
  await composeUp(alpha, 'shop', 'api', 1, options);
  await composeUp(beta, 'shop', 'api', 2, options);
  for (const number of [1, 2]) await untilHealth(alpha, 'shop/api', `shop-api-${number}`, 'healthy');
  const before = await idOf(alpha, 'shop-api-1');
  await stop(alpha, 'shop-api-1');
  const wait = JSON.stringify({ kind: 'wait', why: '1 of 2 healthy, quorum 2', atMs: null });
  for (const member of [alpha, beta])
    await poll(async () => JSON.stringify((await rowOf(member, 'shop/api', 'shop-api-1'))?.next) === wait, {
      what: `that it waits, on ${member.name}`,
      timeoutMs: 30_000,
    });
  expect(await idOf(alpha, 'shop-api-1')).toBe(before);

  await composeUp(beta, 'shop', 'api', 3, options);
  await untilRecreated(alpha, 'shop-api-1', before);
  await untilHealth(beta, 'shop/api', 'shop-api-1', 'healthy');
});

test('Q2 an agent that is killed while it recreates a container leaves one container that works', async () => {
  const labels = { ...CHECK, 'drover.health.strategy': 'recreate' };
  const command = ['sh', '-c', `trap '' TERM; ${SERVER}`];
  await composeUp(alpha, 'shop', 'slow', 1, { command, labels, create: { StopTimeout: 6 } });
  await untilHealth(alpha, 'shop/slow', 'shop-slow-1', 'healthy');
  const all = async () => (await listAll(alpha.engine)).filter((line) => line.startsWith('shop-slow-1'));
  await stop(alpha, 'shop-slow-1');
  // From then on, Docker is asked to stop the old one, which takes a while.
  await poll(async () => (await all()).some((line) => line.includes('.drover-replaced-by-')), {
    what: 'the new names',
    timeoutMs: 20_000,
  });
  await alpha.agent.stop('SIGKILL');
  expect(await all()).toHaveLength(2);
  await alpha.agent.start();
  await poll(async () => (await all()).join() === 'shop-slow-1 running', { what: 'one container', timeoutMs: 30_000 });
  await untilHealth(beta, 'shop/slow', 'shop-slow-1', 'healthy');
});

test('new containers that fail everywhere stop the recreation, until one of them becomes healthy', async () => {
  const labels = { ...CHECK, 'drover.health.strategy': 'recreate', 'drover.health.initializing_timeout': '2000' };
  const create = { StopSignal: 'SIGKILL', Volumes: { '/data': {} } };
  const where = [alpha, alpha, beta].map((member, index) => ({ member, name: `shop-bad-${index + 1}` }));
  for (const [index, { member }] of where.entries())
    await composeUp(member, 'shop', 'bad', index + 1, { command: COMMAND, labels, create });
  for (const { member, name } of where) await untilHealth(member, 'shop/bad', name, 'healthy');
  for (const { member, name } of where) await inside(member, name, 'touch /data/broken');
  for (const { member, name } of where)
    await poll(async () => (await rowOf(member, 'shop/bad', name))?.next?.kind === 'stopped', {
      what: `${name} stopped`,
      timeoutMs: 30_000,
    });
  for (const member of [alpha, beta])
    await poll(async () => (await problemsOf(member)).find((line) => line.includes('not recreated any more')), {
      what: `the problem of ${member.name}`,
    });
  const [first, second] = where as [(typeof where)[number], (typeof where)[number]];
  const before = await idOf(second.member, second.name);
  await inside(first.member, first.name, 'rm /data/broken');
  await untilRecreated(second.member, second.name, before);

  // Until nothing is recreated any more, so that the containers can be removed.
  for (const { member, name } of where) {
    await poll(async () => (await inside(member, name, 'rm -f /data/broken')) === '', { what: `${name} repaired` });
    await untilHealth(member, 'shop/bad', name, 'healthy');
  }
});

test('Q20 a host that lost the bus recreates nothing, and continues when the bus is back', async () => {
  // On a bridge, so that its own host alone checks it.
  await composeUp(beta, 'shop', 'cut', 1, {
    ...{ command: COMMAND, network: 'bridge', labels: { ...CHECK, 'drover.health.strategy': 'recreate' } },
    create: { StopSignal: 'SIGKILL' },
  });
  await untilHealth(beta, 'shop/cut', 'shop-cut-1', 'healthy');
  const id = await idOf(beta, 'shop-cut-1');
  const servers = ['192.0.2.101', '192.0.2.102', '192.0.2.103'];
  for (const address of servers) await beta.host.run('ip', ['route', 'add', 'unreachable', `${address}/32`]);
  await poll(async () => !(await beta.agent.status()).bus.connected, {
    what: 'the loss of the bus',
    timeoutMs: 30_000,
  });
  await stop(beta, 'shop-cut-1');
  await poll(async () => (await problemsOf(beta)).find((line) => line.includes('shop-cut-1: is not recreated')), {
    what: 'the problem',
    timeoutMs: 30_000,
  });
  expect(await rowOf(beta, 'shop/cut', 'shop-cut-1')).toMatchObject({
    next: { kind: 'wait', why: 'the bus does not answer' },
  });
  expect(await idOf(beta, 'shop-cut-1')).toBe(id);
  for (const address of servers) await beta.host.run('ip', ['route', 'del', 'unreachable', `${address}/32`]);
  await untilRecreated(beta, 'shop-cut-1', id);
});

test('containers without a strategy stay as they are', async () => {
  await composeUp(alpha, 'shop', 'plain', 1, { command: COMMAND, labels: CHECK });
  await untilHealth(beta, 'shop/plain', 'shop-plain-1', 'healthy');
  const id = await idOf(alpha, 'shop-plain-1');
  await stop(alpha, 'shop-plain-1');
  await untilHealth(beta, 'shop/plain', 'shop-plain-1', 'unhealthy');
  expect(await rowOf(alpha, 'shop/plain', 'shop-plain-1')).toMatchObject({
    next: { kind: 'none', why: 'strategy none' },
  });
  expect(await idOf(alpha, 'shop-plain-1')).toBe(id);
  expect(await addressOf(alpha, 'shop-plain-1')).not.toBe('');
});
