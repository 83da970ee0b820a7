import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressesOf, type SourceUnderTest, startDockerSource } from '../../support/docker-source.ts';
import { BUSYBOX_IMAGE, type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { connectHosts, createTestHost } from '../../support/test-host.ts';

/** A task of Swarm sends from its address on docker_gwbridge, which only this network reports. */
const resources = createResources();
let engine: Engine;
let under: SourceUnderTest;

beforeAll(async () => {
  const host = await createTestHost(resources, 'swarm');
  const [address] = await connectHosts(resources, [host]);
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  under = startDockerSource(resources, engine.socketPath, { resyncIntervalMs: 500 });
  await engine.docker.swarmInit({ AdvertiseAddr: address, ListenAddr: '0.0.0.0:2377' });
  await engine.docker.createNetwork({ Name: 'shared', Driver: 'overlay' });
  const ContainerSpec = { Image: BUSYBOX_IMAGE, Command: ['sleep', '1000000'] };
  await engine.docker.createService({
    Name: 'shop_web',
    TaskTemplate: { ContainerSpec, Networks: [{ Target: 'shared' }] },
    Mode: { Replicated: { Replicas: 1 } },
  });
  await under.nextSync();
});
afterAll(() => resources.close());

test('a Swarm task keeps its identity while the network lists its address', async () => {
  const task = () => under.containers().find(({ name }) => name.startsWith('shop_web.1.'));
  const { id, name } = await poll(() => (task()?.state === 'running' ? task() : null), {
    what: 'the task',
    timeoutMs: 60_000,
  });
  const listed = await engine.docker.getNetwork('docker_gwbridge').inspect();
  const address = listed.Containers?.[id]?.IPv4Address.split('/')[0] ?? '';
  expect(address).toMatch(/^172\./);
  // Docker reports the creation of this network by no event: a comparison with the list finds it.
  await poll(() => under.source.identify(address), { what: 'the task at its address' });

  const before = under.heard.length;
  for (const action of ['pause', 'unpause'] as const) await engine.docker.getContainer(id)[action]();
  await under.until(name, 'running again', ({ state }) => state === 'running');
  for (let syncs = 0; syncs < 3; syncs += 1) await under.nextSync();
  expect(addressesOf(under.container(name))).toContain(address);
  const later = under.heard.slice(before).filter(({ key, value }) => key === `container/${id}` && value !== null);
  for (const { value } of later) expect(JSON.stringify(value)).toContain(address);
  // Pause and unpause: comparisons with the list find no difference.
  expect(later.length).toBeLessThanOrEqual(4);

  await engine.docker.getContainer(id).kill();
  await under.until(name, 'ended', ({ state, addresses }) => state === 'stopped' && addresses.length === 0);
});
