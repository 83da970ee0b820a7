import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { createOptions, imageReference } from '../../replacement/create-options.ts';
import { networksOf } from '../../replacement/networks.ts';
import { obstacleTo } from '../../replacement/obstacles.ts';
import { volumesOf } from '../../replacement/volumes.ts';

type Inspect = Docker.ContainerInspectInfo;

const ID = '0123456789ab'.padEnd(64, 'c');
const VOLUME = 'd'.repeat(64);

interface Parts {
  readonly Config?: object;
  readonly HostConfig?: object;
  readonly State?: object;
  readonly Networks?: object;
  readonly Mounts?: readonly object[];
  readonly Id?: string;
  readonly Name?: string;
}

const inspect = ({
  Config,
  HostConfig,
  State,
  Networks = {},
  Mounts = [],
  Id = ID,
  Name = '/web',
}: Parts = {}): Inspect =>
  ({
    Id,
    Name,
    Image: 'sha256:1',
    State: { Running: true, Paused: false, ...State },
    Config: { Image: 'shop:1', Labels: {}, Hostname: ID.slice(0, 12), ...Config },
    HostConfig: { NetworkMode: 'default', ...HostConfig },
    NetworkSettings: { Networks },
    Mounts,
  }) as unknown as Inspect;

const options = (parts: Parts, image: object = {}) =>
  createOptions(inspect(parts), image as Docker.ImageInspectInfo['Config'], 'shop:1');

test('imageReference() keeps the name as long as it means the same image', () => {
  expect(imageReference(inspect(), 'sha256:1')).toBe('shop:1');
  expect(imageReference(inspect(), 'sha256:2')).toBe('sha256:1');
  expect(imageReference(inspect(), null)).toBe('sha256:1');
});

test('createOptions() passes on fields that it does not know', () => {
  const { Future, HostConfig } = options({ Config: { Future: 1 }, HostConfig: { Annotations: { a: 'b' } } }) as {
    readonly Future?: number;
    readonly HostConfig?: object;
  };
  expect({ Future, HostConfig }).toEqual({
    Future: 1,
    HostConfig: { NetworkMode: 'default', Annotations: { a: 'b' } },
  });
});

test.each([
  ['that Docker chose', {}, undefined],
  ['of the user', { Config: { Hostname: 'shop' } }, 'shop'],
  ['of the host', { Config: { Hostname: 'machine' }, HostConfig: { UTSMode: 'host' } }, undefined],
  ['of another container', { Config: { Hostname: 'db' }, HostConfig: { NetworkMode: `container:${ID}` } }, undefined],
  ['in the network of the host', { Config: { Hostname: 'machine' }, HostConfig: { NetworkMode: 'host' } }, 'machine'],
] as const)('createOptions() with a hostname %s', (_title, parts, hostname) => {
  expect(options(parts).Hostname).toBe(hostname);
});

test.each([
  ['none, image none', undefined, undefined, undefined],
  ['none, image has one', null, ['run'], ['']],
  ['empty, image has one', [], ['run'], ['']],
  ['the one of the image', ['run'], ['run'], ['run']],
  ['another one', ['other'], ['run'], ['other']],
])('createOptions() with an entry point: %s', (_title, own, ofImage, expected) => {
  expect(options({ Config: { Entrypoint: own } }, { Entrypoint: ofImage }).Entrypoint).toEqual(expected);
});

test('createOptions() gives no ports, MAC address or domain to a container in the network of another one', () => {
  const Config = { ExposedPorts: { '80/tcp': {} }, MacAddress: '02:42:ac:11:00:02', Domainname: 'example.com' };
  expect(options({ Config, HostConfig: { NetworkMode: `container:${ID}` } })).not.toMatchObject({ ExposedPorts: {} });
  expect(options({ Config, HostConfig: { NetworkMode: 'front' } })).toMatchObject(Config);
  expect(options({ Config: { MacAddress: '' } })).not.toHaveProperty('MacAddress');
});

test('networksOf() keeps what the user gave, without what Docker assigned', () => {
  const front = {
    NetworkID: 'f1',
    IPAMConfig: { IPv4Address: '10.0.0.9' },
    Aliases: ['shop', ID.slice(0, 12)],
    Links: ['db:storage'],
    DriverOpts: { a: 'b' },
    IPAddress: '10.0.0.9',
    MacAddress: '02:42:0a:00:00:09',
    GwPriority: 3,
  };
  const back = { NetworkID: 'b1', IPAMConfig: null, Aliases: [ID.slice(0, 12)], Links: null, DriverOpts: null };
  const endpoint = {
    IPAMConfig: { IPv4Address: '10.0.0.9' },
    Aliases: ['shop'],
    Links: ['db:storage'],
    DriverOpts: { a: 'b' },
    GwPriority: 3,
  };
  const of = (NetworkMode: string, Networks: object, Config = {}) =>
    networksOf(inspect({ Config, HostConfig: { NetworkMode }, Networks }));
  const connections = [
    { name: 'front', id: 'f1', endpoint },
    { name: 'back', id: 'b1', endpoint: {} },
  ];
  expect(of('front', { front, back })).toEqual({ first: connections[0], left: null, others: [connections[1]] });
  // `docker run --network ID`
  expect(of('b1', { front, back })).toEqual({ first: connections[1], left: null, others: [connections[0]] });
  expect(of('gone', { back })).toEqual({ first: null, left: 'gone', others: [connections[1]] });
  expect(of('default', {})).toEqual({ first: null, left: 'bridge', others: [] });
  expect(of('default', { bridge: back }).first?.name).toBe('bridge');
  const none = { first: null, left: null, others: [] };
  for (const mode of ['host', 'none', `container:${ID}`]) expect(of(mode, { [mode]: back })).toEqual(none);
  expect(of('default', {}, { NetworkDisabled: true })).toEqual(none);
});

test('volumesOf() requests anonymous volumes by their name, and leaves the others as they are', () => {
  const volume = (Destination: string, Name = VOLUME, rest = {}) => ({
    Type: 'volume',
    Name,
    Destination,
    Mode: '',
    RW: true,
    ...rest,
  });
  const of = (HostConfig: object, Mounts: readonly object[]) => volumesOf(inspect({ HostConfig, Mounts }));
  expect(of({ Binds: null, Mounts: null }, [])).toEqual({});
  expect(of({}, [volume('/cache')])).toEqual({ Binds: [`${VOLUME}:/cache`] });
  expect(of({}, [volume('/cache', VOLUME, { Mode: 'z,ro', RW: false })])).toEqual({ Binds: [`${VOLUME}:/cache:z,ro`] });
  // Named ones, also with a path that Docker cleans.
  expect(of({ Binds: ['data:/data/:rw'] }, [volume('/data', 'data')])).toEqual({ Binds: ['data:/data/:rw'] });
  expect(
    of({ Binds: ['/host:/data'] }, [{ Type: 'bind', Source: '/host', Destination: '/data', Mode: '', RW: true }]),
  ).toEqual({
    Binds: ['/host:/data'],
  });
  const mounts = [
    { Type: 'volume', Target: '/a', Source: '' },
    { Type: 'volume', Target: '/b', Source: 'named' },
    { Type: 'tmpfs', Target: '/c' },
  ];
  expect(of({ Mounts: mounts }, [volume('/a'), volume('/b', 'named')])).toEqual({
    Mounts: [{ ...mounts[0], Source: VOLUME }, mounts[1], mounts[2]],
  });
});

test('obstacleTo() names why a container cannot be recreated', () => {
  const other = (HostConfig: object, State = {}) => inspect({ Id: 'e'.repeat(64), Name: '/side', HostConfig, State });
  const what = (parts: Parts, others: readonly Inspect[] = []) => obstacleTo(inspect(parts), others)?.what ?? null;
  expect(what({})).toBeNull();
  expect(what({ State: { Running: false } })).toContain('not running');
  expect(what({ State: { Paused: true } })).toContain('paused');
  expect(what({ HostConfig: { AutoRemove: true } })).toContain('--rm');
  expect(what({ Config: { Labels: { 'com.docker.swarm.task.id': 'x' } } })).toContain('Swarm');
  for (const mode of ['NetworkMode', 'IpcMode', 'PidMode'])
    expect(what({}, [other({ [mode]: `container:${ID}` })])).toContain('because side would lose it');
  expect(what({}, [other({ Links: ['/web:/side/db'] })])).toContain('side');
  expect(what({}, [other({ Links: ['/web2:/side/db'], NetworkMode: `container:${'f'.repeat(64)}` })])).toBeNull();
  expect(what({}, [other({ NetworkMode: `container:${ID}` }, { Running: false })])).toBeNull();
});
