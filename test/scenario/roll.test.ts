import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HealthRow } from '../../agent/index.ts';
import { askHaproxy } from '../../haproxy/index.ts';
import { addressOf, composeUp } from '../support/containers.ts';
import { ECHO_PORT, echoOptions } from '../support/lb/echo-container.ts';
import { startLoad } from '../support/lb/load.ts';
import { poll } from '../support/poll.ts';
import { listAll } from '../support/recreation.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

/** Rolls behind the load balancers of two hosts. The application exits at once when it is stopped. */
const HAPROXY = new URL('../support/haproxy', import.meta.url).pathname;
const HOST = 'web.example';
const CLAIM = { 'drover.lb.host': HOST };
const WEB = echoOptions({
  service: 'web',
  onSigterm: 'exit',
  labels: {
    ...CLAIM,
    'drover.health.port': String(ECHO_PORT),
    'drover.health.interval': '300',
  },
});
const NAMES = ['shop-web-1', 'shop-web-2'];

const resources = createResources();
let alpha: Member;
let beta: Member;

beforeAll(async () => {
  const config = () => ({ lb: { haproxy: HAPROXY }, health: { haproxy: HAPROXY } });
  const { members } = await createWorld(resources, { names: ['alpha', 'beta'], bus: 'consul', config });
  [alpha, beta] = members as [Member, Member];
  for (const number of [1, 2]) await composeUp(alpha, 'shop', 'web', number, WEB);
  for (const member of [alpha, beta]) await untilHealthy(member, NAMES);
  for (const member of [alpha, beta]) await untilAnswered(member, 'web');
  // It claims the same, and its container is older than those that replace the others.
  await composeUp(alpha, 'shop', 'late', 1, echoOptions({ service: 'late', onSigterm: 'exit', labels: CLAIM }));
});
afterAll(() => resources.close());

async function untilAnswered({ host, name }: Member, service: string): Promise<void> {
  const ask = ['-s', '-m', '3', '-H', `Host: ${service}.example`, 'http://127.0.0.1/'];
  const isAnswered = async () => (await host.run('curl', ask)).includes(`"${service}"`);
  await poll(isAnswered, { what: `an answer of ${service} on ${name}`, timeoutMs: 30_000 });
}

async function untilHealthy({ agent, name }: Member, names: readonly string[]): Promise<void> {
  const healthy = async () => {
    const rows = JSON.parse((await agent.drover(['health', 'shop/web', '--json'])).stdout) as readonly HealthRow[];
    return (
      rows.map(({ container, health }) => `${container} ${health}`).join() ===
      names.map((one) => `${one} healthy`).join()
    );
  };
  await poll(healthy, { what: `health on ${name}`, timeoutMs: 30_000 });
}

const listWeb = async () => (await listAll(alpha.engine)).filter((line) => line.startsWith('shop-web-'));

const targets = (members = [alpha, beta]) =>
  members.map(({ address }) => ({ protocol: 'http', address, port: 80, host: HOST, service: 'web' }) as const);

test('Q4 Q5 a roll loses no request, no WebSocket and no upload, although the application exits at once on SIGTERM', async () => {
  const order = { targets: targets(), perSecond: 200, webSockets: 4, uploads: 2, uploadSeconds: 2 };
  const load = await startLoad(resources, beta.host, order);
  await load.more(200);
  // Longer than a command of a test may take: the reports of both load balancers end the drain.
  const rolled = await alpha.agent.drover(['roll', 'shop/web', '--force', '--drain-timeout', '600']);
  await load.more(200);
  const result = await load.stop();
  expect(rolled).toMatchObject({ exitCode: 0, stderr: '' });
  expect(rolled.stdout).toMatch(/\nDone: 2 replaced\.$/);
  expect(result).toMatchObject({ failed: 0, failures: [] });
  // Two old and two new containers.
  expect(Object.keys(result.servedBy)).toHaveLength(4);
  expect(await listWeb()).toEqual(NAMES.map((name) => `${name} running`));
});

test('Q2 Q5 a roll whose agent is killed while a container drains loses nothing, and is completed', async () => {
  // Not through beta: on a slow machine alpha's agent starts so late that beta takes alpha for dead.
  const order = { targets: targets([alpha]), perSecond: 100, webSockets: 4, uploads: 2, uploadSeconds: 4 };
  const load = await startLoad(resources, beta.host, order);
  await load.more(200);
  const roll = alpha.agent.drover(['roll', 'shop/web', '--force', '--drain-timeout', '600']);
  const isNamed = (lines: readonly string[]) =>
    lines.some((line) => line.includes('.drover-replaced-by-')) &&
    NAMES.every((name) => lines.includes(`${name} running`));
  await poll(async () => isNamed(await listWeb()), {
    what: 'the new names',
    timeoutMs: 30_000,
  });
  await alpha.agent.stop('SIGKILL');
  expect((await roll).exitCode).toBe(2);
  await alpha.agent.start();
  const whole = NAMES.map((name) => `${name} running`).join();
  await poll(async () => (await listWeb()).join() === whole, { what: 'two containers', timeoutMs: 60_000 });
  await load.more(200);
  expect(await load.stop()).toMatchObject({ failed: 0, failures: [] });
});

/** Milliseconds until HAProxy of a host gives a server of a service no new requests. */
async function untilOut({ agent, name }: Member, address: string): Promise<number> {
  const begin = performance.now();
  const socket = join(agent.runDir, 'lb', 'admin.sock');
  const isOut = async () => {
    const rows = (await askHaproxy(socket, 'show stat', { signal: AbortSignal.timeout(5_000) })).split('\n');
    const own = rows.filter((row) => row.includes(`,${address}:${ECHO_PORT},`));
    return own.length > 0 && own.every((row) => row.includes(',MAINT'));
  };
  await poll(isOut, { what: `${address} out of the load balancer of ${name}`, timeoutMs: 10_000, intervalMs: 5 });
  return performance.now() - begin;
}

test('Q5 docker stop ends new requests at its signal on both hosts, and an application that serves on loses none', async () => {
  const labels = { 'drover.lb.host': 'plain.example' };
  const plain = echoOptions({ service: 'plain', labels, onSigterm: 'drain' });
  for (const number of [1, 2, 3]) await composeUp(alpha, 'shop', 'plain', number, plain);
  for (const member of [alpha, beta]) await untilAnswered(member, 'plain');
  const plainTargets = targets().map((target) => ({ ...target, host: 'plain.example', service: 'plain' }));
  const order = { targets: plainTargets, perSecond: 100, webSockets: 0, uploads: 0, uploadSeconds: 1 };
  const load = await startLoad(resources, beta.host, order);
  await load.more(100);
  for (const number of [1, 2]) {
    const name = `shop-plain-${number}`;
    const address = await addressOf(alpha, name);
    const stopped = alpha.engine.docker.getContainer(name).stop();
    const times = await Promise.all([alpha, beta].map((member) => untilOut(member, address)));
    expect(Math.max(...times)).toBeLessThan(1_000);
    await stopped;
  }
  await load.more(100);
  expect(await load.stop()).toMatchObject({ failed: 0, failures: [] });
});
