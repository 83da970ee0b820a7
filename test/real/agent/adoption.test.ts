import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeUp, inside } from '../../support/containers.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';

/** A host that runs containers and has no Drover yet. */
const resources = createResources();
let host: TestHost;
let engine: Engine;

beforeAll(async () => {
  host = await createTestHost(resources, 'adopt');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  // Docker searches internal networks last.
  await engine.docker.createNetwork({ Name: 'shop_default' });
  await engine.docker.createNetwork({ Name: 'shop_back', Internal: true });
  const aliased = (network: string, Aliases: string[]) => ({
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases } } },
  });
  await engine.run('legacy', { ...aliased('shop_default', ['db']), HostConfig: { NetworkMode: 'shop_default' } });
  await composeUp({ engine }, 'shop', 'db', 1, { network: 'shop_back', create: aliased('shop_back', ['db']) });
  await composeUp({ engine }, 'shop', 'app', 1, { network: 'shop_default', create: aliased('shop_default', ['app']) });
  await engine.docker.getNetwork('shop_back').connect({ Container: 'shop-app-1' });
  await composeUp({ engine }, 'other', 'job', 1, { network: 'bridge' });
  await composeUp({ engine }, 'other', 'edge', 1, { network: 'host' });
});
afterAll(() => resources.close());

const addressOf = async (name: string, network: string) =>
  (await engine.docker.getContainer(name).inspect()).NetworkSettings.Networks[network]?.IPAddress ?? 'none';

async function doctor(): Promise<
  readonly { readonly subject: string; readonly what: string; readonly hint: string }[]
> {
  const config = join(host.dir, 'drover.yaml');
  const paths = { dataDir: join(host.dir, 'data'), runDir: join(host.dir, 'run') };
  // The host of this test has no address of its own.
  const hostSection = { name: 'adopt', address: '192.0.2.1' };
  await writeFile(config, JSON.stringify({ ...paths, docker: { socket: engine.socketPath }, host: hostSection }));
  const { file, args } = host.enter(resolve('bin/drover'), ['doctor', '--json', '--config', config]);
  return JSON.parse((await execa(file, [...args], { reject: false })).stdout);
}

test('drover doctor lists the names that running containers would lose and gain, before the agent runs', async () => {
  const found = await doctor();
  const about = (text: string) => found.filter(({ what }) => what.includes(text));
  const legacy = await addressOf('legacy', 'shop_default');
  const own = await addressOf('shop-db-1', 'shop_back');

  // Docker answers with the other container now.
  expect(await inside({ engine }, 'shop-app-1', 'nslookup -type=a db')).toContain(legacy);
  expect(about("Docker's resolver answers")).toMatchObject([
    { subject: 'container shop-app-1', what: expect.stringContaining(`: db (Drover answers ${own})`) },
  ]);

  const gains = about('names that only Drover answers');
  const of = (name: string) => gains.find(({ subject }) => subject.includes(name))?.what ?? '';
  expect(of('shop-app-1')).toMatch(/app\.shop, db\.shop/);
  expect(of('shop-app-1')).not.toMatch(/ app,| db,/);
  // Docker isolates its networks: the name of a service on another network would have no address.
  expect(of('shop-app-1')).not.toContain('job.other');
  // Every container reaches a container on the host's own network.
  expect(of('other-job-1')).toMatch(/answers: edge, job, .*edge\.other, job\.other, other-edge-1, other-job-1$/);
  for (const { hint } of gains) expect(hint).toBe('no action needed');
});
