import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, startEngine } from '../support/engine.ts';
import { createResources } from '../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../support/test-host.ts';

const resources = createResources();
let hosts: TestHost[];
let engines: Engine[];

beforeAll(async () => {
  hosts = [await createTestHost(resources, 'a'), await createTestHost(resources, 'b')];
  await connectHosts(resources, hosts);
  engines = await Promise.all(hosts.map((host) => startEngine(resources, host)));
  await Promise.all(engines.map((engine) => engine.buildBusybox()));
});
afterAll(() => resources.close());

test('two hosts share a wire, and each runs containers of its own', async () => {
  await expect(hosts[0]?.run('busybox', ['ping', '-c1', '-W8', '192.0.2.2'])).resolves.toContain('1 packets received');
  await engines[0]?.run('one');
  const { exitCode, output } = (await engines[0]?.exec('one', ['ip', '-4', 'address', 'show', 'eth0'])) ?? {};
  expect(exitCode).toBe(0);
  expect(output).toContain('172.17.0.2/16');
  expect(await engines[1]?.docker.listContainers()).toEqual([]);
});
