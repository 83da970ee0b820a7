import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIpamHost, GATEWAY, type IpamHost } from '../support/ipam-host.ts';
import { createResources } from '../support/resources.ts';

const FIXED = '10.42.7.250';
const resources = createResources();
let at: IpamHost;

beforeAll(async () => {
  at = await createIpamHost(resources, 'churn');
});
afterAll(() => resources.close());

const onNetwork = { StopSignal: 'SIGKILL', HostConfig: { NetworkMode: 'drover' } };

test('Q18: 200 joins in a row get 200 different addresses, and none leaks', async () => {
  const network = at.engine.docker.getNetwork('drover');
  const visit = async (name: string): Promise<void> => {
    await at.engine.run(name, { StopSignal: 'SIGKILL' });
    for (let count = 0; count < 50; count++) {
      await network.connect({ Container: name });
      await network.disconnect({ Container: name, Force: true });
    }
  };
  await Promise.all(['v1', 'v2', 'v3', 'v4'].map(visit));
  const { leased, freed } = await at.records();
  expect(leased).toEqual([GATEWAY]);
  expect(freed).toHaveLength(200);
});

test('Docker keeps no connection to the driver, so none breaks when it is used again', async () => {
  const connected = await at.host.run('ss', ['--unix', '--no-header', 'state', 'established']);
  expect(connected).toContain('containerd.sock');
  expect(connected).not.toContain('drover.sock');
});

test('an address in use is refused to another container', async () => {
  const NetworkingConfig = { EndpointsConfig: { drover: { IPAMConfig: { IPv4Address: FIXED } } } };
  await at.engine.run('holder', { ...onNetwork, NetworkingConfig });
  expect(await at.addressOf('holder')).toBe(FIXED);
  const rival = at.engine.run('rival', { ...onNetwork, NetworkingConfig });
  await expect(rival).rejects.toThrow('is in use by another container');
});

test('Q34: a damaged database is renamed, and leases are learned from Docker', async () => {
  await at.engine.run('living', onNetwork);
  const file = join(at.host.dir, 'ipam.db');
  at.ipam().signal('SIGKILL');
  await at.ipam().exit;
  await at.host.run('sh', ['-c', `echo rubbish > ${file}; rm -f ${file}-wal ${file}-shm`]);
  await at.restart();
  const names = ['n1', 'n2', 'n3'];
  for (const name of names) await at.engine.run(name, onNetwork);
  const addresses = await Promise.all([...names, 'living', 'holder'].map(at.addressOf));
  expect(new Set(addresses).size).toBe(5);
  expect((await at.records()).leased).toEqual(await at.held());
});
