import { expect, test } from 'vitest';
import type { Inspect } from '../../replacement/obstacles.ts';
import { obstacleToStartFirst } from '../../replacement/start-first.ts';

interface Parts {
  readonly HostConfig?: object;
  readonly Config?: object;
  readonly Networks?: object;
  readonly Mounts?: readonly object[];
}

const inspect = ({ HostConfig = {}, Config = {}, Networks = {}, Mounts = [] }: Parts): Inspect =>
  ({ Name: '/web', HostConfig, Config, NetworkSettings: { Networks }, Mounts }) as unknown as Inspect;
const ports = (...HostPorts: readonly string[]) => ({ '80/tcp': HostPorts.map((HostPort) => ({ HostPort })) });
const volume = (Name: string, RW = true) => ({
  Type: 'volume',
  Name,
  Source: `/v/${Name}/_data`,
  Destination: '/data',
  RW,
});
const bind = (Source: string, RW = true) => ({ Type: 'bind', Source, Destination: '/data', RW });

const OTHER = inspect({ Mounts: [volume('common'), bind('/srv/common')] });

test.each<[string, Parts, string | null]>([
  ['nothing', {}, null],
  ['a host port', { HostConfig: { PortBindings: ports('', '18080') } }, 'it publishes port 18080 of the host'],
  ['any host port', { HostConfig: { PortBindings: { ...ports('', '0'), '81/tcp': null } } }, null],
  ['the network of the host', { HostConfig: { NetworkMode: 'host' } }, 'its network is host'],
  [
    'the network of another container',
    { HostConfig: { NetworkMode: 'container:abc' } },
    'its network is container:abc',
  ],
  [
    'a fixed address',
    { Networks: { back: { IPAMConfig: null }, front: { IPAMConfig: { IPv6Address: 'fd00::1' } } } },
    'fixed address fd00::1',
  ],
  ['a fixed MAC address', { Config: { MacAddress: '02:42:ac:11:00:99' } }, 'fixed MAC address 02:42'],
  ['a volume of its own', { Mounts: [volume('data')] }, 'no other container uses what it writes to at /data'],
  ['a volume of its own that it only reads', { Mounts: [volume('data', false)] }, null],
  ['a volume that others use', { Mounts: [volume('common')] }, null],
  ['a folder of its own', { Mounts: [bind('/srv/data')] }, 'at /data'],
  ['a folder that others use, and a socket', { Mounts: [bind('/srv/common'), bind('/var/run/docker.sock')] }, null],
  ['a file system in memory', { Mounts: [{ Type: 'tmpfs', Source: '', Destination: '/tmp', RW: true }] }, null],
])('obstacleToStartFirst(): %s', (_title, parts, expected) => {
  const found = obstacleToStartFirst(inspect(parts), [OTHER], { shareVolumes: false });
  expect(found?.what ?? null).toEqual(expected === null ? null : expect.stringContaining(expected));
  const shared = obstacleToStartFirst(inspect(parts), [OTHER], { shareVolumes: true });
  expect(shared === null).toBe(expected === null || parts.Mounts !== undefined);
});
