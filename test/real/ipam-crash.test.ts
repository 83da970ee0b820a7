import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIpamHost, GATEWAY, type IpamHost } from '../support/ipam-host.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const FIXED = '10.42.7.200';
const resources = createResources();
let at: IpamHost;

beforeAll(async () => {
  at = await createIpamHost(resources, 'crash');
});
afterAll(() => resources.close());

const remove = (name: string) => at.engine.docker.getContainer(name).remove({ force: true });

test('Q18: kill -9 of the driver while containers come and go: no address is assigned twice, and none leaks', {}, async () => {
  let killing = true;
  const killer = (async () => {
    for (let round = 0; round < 5; round++) {
      await sleep(500 + Math.random() * 1500);
      await at.restart('SIGKILL');
    }
    killing = false;
  })();
  const living: string[] = [];
  let started = 0;
  const work = async (worker: number): Promise<void> => {
    for (let index = 0; killing; index++) {
      const name = `w${worker}-${index}`;
      const create = { StopSignal: 'SIGKILL', HostConfig: { NetworkMode: 'drover' } };
      // Docker retries for some 15 s. A container may fail if the driver is killed again in that time, but must leave no lease.
      const running = await at.engine.run(name, create).then(
        () => true,
        () => false,
      );
      started += running ? 1 : 0;
      if (running && index % 2 === 0) living.push(name);
      else await remove(name);
    }
  };
  await Promise.all([killer, work(1), work(2)]);
  expect(started).toBeGreaterThan(1);
  const addresses = await Promise.all(living.map(at.addressOf));
  expect(addresses).not.toContain('');
  expect(new Set(addresses).size).toBe(addresses.length);
  await poll(async () => (await at.records()).leased.join() === (await at.held()).join(), {
    what: "leases that match Docker's list",
    timeoutMs: 20_000,
    // Each check restarts the driver. In between, the driver frees orphaned leases.
    intervalMs: 3000,
  });
  await Promise.all(living.map(remove));
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'Q38: after %s of dockerd all are back, a fixed address too',
  async (signal) => {
    const HostConfig = { NetworkMode: 'drover', RestartPolicy: { Name: 'always' } };
    const NetworkingConfig = { EndpointsConfig: { drover: { IPAMConfig: { IPv4Address: FIXED } } } };
    await at.engine.run('any', { StopSignal: 'SIGKILL', HostConfig });
    await at.engine.run('fixed', { StopSignal: 'SIGKILL', HostConfig, NetworkingConfig });
    await at.engine.stop(signal);
    await at.engine.start();
    const running = async () => (await at.engine.docker.listContainers()).length === 2;
    await poll(running, { what: 'both containers', timeoutMs: 30_000 });
    expect(await at.addressOf('fixed')).toBe(FIXED);
    const held = await at.held();
    expect(held).toEqual([GATEWAY, FIXED, await at.addressOf('any')].toSorted());
    expect((await at.records()).leased).toEqual(held);
    await Promise.all(['any', 'fixed'].map(remove));
  },
);
