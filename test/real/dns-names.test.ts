import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Explanation } from '../../dns/index.ts';
import { type RunningAgent, startAgent } from '../support/agent.ts';
import { pidOf } from '../support/containers.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../support/test-host.ts';

const SERVER = '169.254.169.250';

/** One host with a real engine, no managed network: two bridges, and a container on both. */
const resources = createResources();
let host: TestHost;
let engine: Engine;
let agent: RunningAgent;

/** As compose would label it, on both networks. */
async function run(service: string, number: number, create: Docker.ContainerCreateOptions = {}): Promise<void> {
  const name = `shop-${service}-${number}`;
  const own = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service };
  await engine.run(name, { ...create, Labels: { ...own, ...create.Labels }, HostConfig: { NetworkMode: 'front' } });
  await engine.docker.getNetwork('back').connect({ Container: name });
}

/** What dig says in a container's network, from one of its addresses. */
async function digIn(container: string, ...args: readonly string[]): Promise<string> {
  const pid = await pidOf({ engine }, container);
  const flags = ['+short', '+tries=1', '+time=5', `@${SERVER}`];
  const { stdout } = await execa('nsenter', ['-t', String(pid), '-n', 'dig', ...flags, ...args]);
  return stdout.trim();
}

async function addressesOf(container: string): Promise<Readonly<Record<string, string>>> {
  const { NetworkSettings } = await engine.docker.getContainer(container).inspect();
  return Object.fromEntries(Object.entries(NetworkSettings.Networks).map(([name, at]) => [name, at.IPAddress]));
}

async function why(...args: readonly string[]): Promise<Explanation & { readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await agent.drover(['why', 'dns', ...args, '--json']);
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  return { ...(JSON.parse(stdout) as Explanation), stderr };
}

beforeAll(async () => {
  host = await createTestHost(resources, 'alpha');
  await connectHosts(resources, [host]);
  engine = await startEngine(resources, host, { dns: [SERVER] });
  await engine.buildBusybox();
  agent = await startAgent(resources, host, engine, {
    config: { host: { name: 'alpha' }, network: { enabled: false } },
  });
  for (const name of ['front', 'back']) await engine.docker.createNetwork({ Name: name });
  const trapping = { Cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"] };
  await run('web', 1, trapping);
  await run('web', 2, { ...trapping, Labels: { 'drover.answers': 'one' } });
  await run('app', 1, { ExposedPorts: { '8080/tcp': {} } });
  await engine.run('other', { HostConfig: { NetworkMode: 'back' } });
  await poll(async () => (await digIn('shop-app-1', 'all.web')).split('\n').length === 2, { what: 'both of web' });
});
afterAll(() => resources.close());

test('Q12 a container on two networks has its scope on both, over UDP and TCP', async () => {
  const own = await addressesOf('shop-app-1');
  const web = await addressesOf('shop-web-1');
  for (const network of ['front', 'back']) {
    for (const transport of ['+notcp', '+tcp']) {
      const from = ['-b', own[network] ?? '', transport];
      const short = await digIn('shop-app-1', ...from, 'all.web');
      expect(short.split('\n')).toContain(web.back);
      expect(await digIn('shop-app-1', ...from, 'app')).toBe(own.back);
    }
  }
  expect(await digIn('other', 'all.web.shop')).toContain(web.back);
  expect(await digIn('other', 'web')).toBe('');
  const { front, back } = own;
  for (const address of [front, back]) {
    expect(await digIn('other', '-x', address ?? '')).toBe('shop-app-1.rancher.internal.');
  }
});

test('Q32 a label of the newest container: one address at a time, in strict rotation; SRV with the port of the image', async () => {
  const asked: string[] = [];
  for (let n = 0; n < 6; n += 1) asked.push(await digIn('shop-app-1', 'web'));
  expect(new Set(asked).size).toBe(2);
  expect(asked.map((address) => address === asked[0])).toEqual([true, false, true, false, true, false]);
  expect(await digIn('shop-app-1', 'SRV', '_8080._tcp.app')).toBe('0 1 8080 shop-app-1.rancher.internal.');
  expect(await digIn('shop-app-1', 'alpha.host.rancher.internal')).toBe('192.0.2.1');
});

test('Q40 drover why dns explains the answer that the container gets, from the agent', async () => {
  const explanation = await why('web', '--from', 'shop-app-1');
  expect(explanation).toMatchObject({ name: 'web', type: 'A', host: 'alpha', asker: { label: 'shop-app-1' } });
  expect(explanation.reply).toMatchObject({ rcode: 'NOERROR', meaning: 'one of these addresses, in rotation' });
  const values = explanation.reply.answers.map(({ value }) => value);
  expect(values.sort()).toEqual((await digIn('shop-app-1', 'all.web')).split('\n').sort());
  expect(await why('web', '--from', 'other')).toMatchObject({ reply: { rcode: 'NXDOMAIN' } });
  const text = (await agent.drover(['why', 'dns', 'web', '--from', 'shop-app-1'])).stdout;
  expect(text).toMatch(/^web A, asked by shop-app-1 \([\d.]+\) on alpha, revision \d+\n\nNOERROR: one of these/);
  expect(text).toMatch(/^ {2}shop-web-2 +alpha +[\d.]+ +yes +starting or running/m);
  // The settings of the server count, which it reports every two seconds, not those of the command.
  const ttl = async () => (await why('web.shop', '--dns-ttl-seconds', '4')).reply.answers[0]?.ttlSeconds;
  await poll(async () => (await ttl()) === 1, { what: 'the settings of the server' });
  const nobody = await agent.drover(['why', 'dns', 'web', '--from', 'nosuch']);
  expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/container nosuch: is not known/) });
});

test('Q5 a draining endpoint is removed at its stop signal, while it still runs; drover why says so', async () => {
  const { back = '' } = await addressesOf('shop-web-1');
  const container = engine.docker.getContainer('shop-web-1');
  const stopped = container.stop({ t: 20 });
  await poll(async () => !(await digIn('shop-app-1', 'all.web')).includes(back), { what: 'web-1 gone' });
  expect((await container.inspect()).State.Running).toBe(true);
  const { endpoints } = await why('web.shop');
  expect(endpoints.find(({ container: name }) => name === 'shop-web-1')).toMatchObject({
    given: false,
    reason: 'stopping: it was sent its stop signal',
  });
  await container.kill();
  await stopped;
});

test('drover why uses the saved state if the agent is not running', async () => {
  await poll(async () => (await why('web', '--from', 'shop-app-1')).reply.answers.length === 1, { what: 'one left' });
  await agent.stop();
  const explanation = await why('web', '--from', 'shop-app-1');
  expect(explanation.stderr).toMatch(/the agent is not running; using the state saved .* ago/);
  expect(explanation).toMatchObject({
    reply: { rcode: 'NOERROR', answers: [{ value: await digIn('shop-app-1', 'web') }] },
  });
  await agent.start();
});
