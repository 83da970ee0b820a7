import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recreate } from '../../../replacement/recreate.ts';
import { compose, composeStack } from '../../support/compose.ts';
import { inside } from '../../support/containers.ts';
import { type Engine, removeContainers, startEngine } from '../../support/engine.ts';
import { createFixedNetworks, lastingParts, listAll, runFullContainer } from '../../support/recreation.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';
import { testLog } from '../../support/test-log.ts';

const resources = createResources();
const { signal } = new AbortController();
let host: TestHost;
let engine: Engine;

beforeAll(async () => {
  host = await createTestHost(resources, 'recreate');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  await createFixedNetworks(engine);
  const base = await engine.docker.createContainer({ Image: 'drover-busybox' });
  const changes = [
    'ENTRYPOINT ["sh", "-c", "sleep 1000000"]',
    'EXPOSE 8080',
    'VOLUME /cache',
    'ENV COLOR=red',
    'LABEL a=b',
  ];
  await base.commit({ repo: 'with-entrypoint', changes });
  await base.remove();
  await tagImage('drover-busybox', 'moving');
});
afterEach(() => removeContainers(engine));
afterAll(() => resources.close());

const deps = () => ({ docker: engine.docker, log: testLog('recreate') });
const container = (name: string) => engine.docker.getContainer(name);

const tagImage = (image: string, repo: string) => engine.docker.getImage(image).tag({ repo });

async function startPeers(): Promise<{ readonly target: Docker.Container }> {
  await engine.run('peer', { HostConfig: { NetworkMode: 'front' } });
  return { target: await engine.run('target', { Volumes: { '/shared': {} } }) };
}

async function recreated(name: string): Promise<string> {
  const { Id } = await container(name).inspect();
  const result = await recreate(deps(), Id, signal);
  if (!result.ok) throw new Error(`${result.problem.what}; ${result.problem.hint}`);
  expect(result.value).not.toBe(Id);
  expect((await container(name).inspect()).Id).toBe(result.value);
  return result.value;
}

test('the new container is equal to the old one, with its volumes and their data, addresses and aliases', async () => {
  const old = await runFullContainer(engine, host, 'web');
  for (const path of ['/cache', '/anonymous', '/data']) await inside({ engine }, 'web', `echo ${path} > ${path}/file`);
  const before = await lastingParts(old);

  // Twice, because the options of a container that Drover created are to be read as well.
  for (let times = 0; times < 2; times += 1) {
    await recreated('web');
    expect(await lastingParts(container('web'))).toEqual(before);
  }
  for (const path of ['/cache', '/anonymous', '/data'])
    expect(await inside({ engine }, 'web', `cat ${path}/file`)).toBe(`${path}\n`);
  expect(await listAll(engine)).toEqual(['web running']);
});

const SHOP = `
name: shop
services:
  db:
    image: drover-busybox
    init: true
    volumes: [named:/data, /anonymous]
  web:
    image: drover-busybox
    init: true
    scale: 2
    depends_on: [db]
    links: [db:storage]
    volumes: [/anonymous, { type: tmpfs, target: /scratch }]
    networks: { front: {}, back: { aliases: [site] } }
    restart: unless-stopped
    ports: [ "18080-18081:80" ]
  fixed:
    image: drover-busybox
    init: true
    container_name: fixed
    networks: { front: { ipv4_address: 10.81.0.50 }, back: { ipv4_address: 10.82.0.50 } }
networks:
  front: { external: true }
  back: { external: true }
volumes:
  named: {}
`;

test('a container of docker compose is equal afterwards, and docker compose up recreates nothing', async () => {
  const file = await composeStack({ engine, host }, 'shop', SHOP);
  const names = ['shop-db-1', 'shop-web-1', 'shop-web-2', 'fixed'];
  for (const name of names) {
    const before = await lastingParts(container(name));
    await recreated(name);
    expect(before).toEqual(await lastingParts(container(name)));
  }
  const ids = async () => Promise.all(names.map(async (name) => (await container(name).inspect()).Id));
  const after = await ids();
  await compose({ engine }, file, 'up', '--detach');
  expect(await ids()).toEqual(after);
  expect(
    (await compose({ engine }, file, 'ps', '--format', '{{.Name}} {{.Service}} {{.Image}} {{.State}}'))
      .split('\n')
      .toSorted(),
  ).toEqual([
    'fixed fixed drover-busybox running',
    'shop-db-1 db drover-busybox running',
    'shop-web-1 web drover-busybox running',
    'shop-web-2 web drover-busybox running',
  ]);
});

/** Fixtures for each way in which a container is tied to its network or to other containers. */
const SHAPES: Readonly<Record<string, Docker.ContainerCreateOptions>> = {
  'the default network': {},
  'a link on the default network': { HostConfig: { Links: ['target:db', 'target'] } },
  'a link on a network of its own': {
    HostConfig: { NetworkMode: 'front' },
    NetworkingConfig: { EndpointsConfig: { front: { Links: ['peer:db'] } } },
  },
  'the network of the host': { HostConfig: { NetworkMode: 'host' } },
  'no network': { HostConfig: { NetworkMode: 'none' } },
  'a hostname, a domain and a MAC address': {
    Hostname: 'shop',
    Domainname: 'example.com',
    MacAddress: '02:42:ac:11:00:99',
    HostConfig: { NetworkMode: 'front' },
  },
  'namespaces of the host': { HostConfig: { UTSMode: 'host', PidMode: 'host', IpcMode: 'host' } },
  'no entry point although its image has one': {
    Image: 'with-entrypoint',
    Entrypoint: [''],
    Cmd: ['sleep', '1000000'],
  },
  'the entry point of its image, and no command': {
    Image: 'with-entrypoint',
    Entrypoint: ['sleep', '1000000'],
    Cmd: [],
  },
  'volumes of another container': { HostConfig: { VolumesFrom: ['target'] } },
  'a read-only root': { HostConfig: { ReadonlyRootfs: true } },
};

test('containers of every shape are equal afterwards', async () => {
  await startPeers();
  for (const [index, [title, create]] of Object.entries(SHAPES).entries()) {
    const name = `web${index}`;
    const before = await lastingParts(await engine.run(name, { StopSignal: 'SIGKILL', ...create }));
    await recreated(name);
    expect({ title, ...(await lastingParts(container(name))) }).toEqual({ title, ...before });
  }
});

test('a container in the network of another one, and one that left its first network, are equal afterwards', async () => {
  const { target } = await startPeers();
  await engine.run('joined', {
    HostConfig: { NetworkMode: `container:${target.id}` },
    Image: 'with-entrypoint',
    StopSignal: 'SIGKILL',
  });
  const moved = await engine.run('moved', { HostConfig: { NetworkMode: 'front' }, StopSignal: 'SIGKILL' });
  await engine.docker.getNetwork('back').connect({ Container: moved.id, EndpointConfig: { Aliases: ['db'] } });
  await engine.docker.getNetwork('front').disconnect({ Container: moved.id });
  for (const name of ['joined', 'moved']) {
    const before = await lastingParts(container(name));
    await recreated(name);
    expect(await lastingParts(container(name))).toEqual(before);
  }
});

test('the image is the one of the old container, although its tag means another image now', async () => {
  const old = await engine.run('web', { Image: 'moving', StopSignal: 'SIGKILL' });
  const { Image } = await old.inspect();
  await tagImage('with-entrypoint', 'moving');
  await recreated('web');
  expect((await container('web').inspect()).Image).toBe(Image);
  await tagImage('drover-busybox', 'moving');
});

test('a container that others are tied to by its id is left alone', async () => {
  const { target } = await startPeers();
  await engine.run('joined', { HostConfig: { NetworkMode: `container:${target.id}` }, StopSignal: 'SIGKILL' });
  await engine.run('linked', { HostConfig: { Links: ['target:db'] }, StopSignal: 'SIGKILL' });
  expect(await recreate(deps(), target.id, signal)).toMatchObject({
    ok: false,
    problem: { subject: 'container target', what: expect.stringContaining('because joined, linked would lose it') },
  });
  expect((await target.inspect()).State.Running).toBe(true);
});
