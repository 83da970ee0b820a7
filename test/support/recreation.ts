import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Engine } from './engine.ts';
import type { TestHost } from './test-host.ts';

/** Two networks with subnets of their own, so that containers can have fixed addresses. */
export async function createFixedNetworks({ docker }: Pick<Engine, 'docker'>): Promise<void> {
  for (const [Name, Subnet] of [
    ['front', '10.81.0.0/24'],
    ['back', '10.82.0.0/24'],
  ] as const)
    await docker.createNetwork({ Name, IPAM: { Driver: 'default', Config: [{ Subnet }] } });
}

/** A container that uses as many of Docker's options as possible: volumes of each kind, fixed addresses on two networks, aliases. */
export async function runFullContainer(
  { docker }: Engine,
  host: TestHost,
  name: string,
  last = 9,
): Promise<Docker.Container> {
  const shared = join(host.dir, 'shared');
  await mkdir(shared, { recursive: true });
  const container = await docker.createContainer({
    name,
    Image: 'drover-busybox',
    Cmd: ['sh', '-c', 'sleep 1000000'],
    Env: ['COLOR=blue', 'EMPTY='],
    User: '0:0',
    WorkingDir: '/www',
    Labels: { 'com.example.owner': 'shop' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/cache': {} },
    StopSignal: 'SIGKILL',
    StopTimeout: 3,
    Tty: true,
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5e9, Timeout: 1e9, Retries: 3 },
    NetworkingConfig: {
      EndpointsConfig: {
        front: { IPAMConfig: { IPv4Address: `10.81.0.${last}` }, Aliases: ['shop', `${name}-front`] },
      },
    },
    HostConfig: {
      NetworkMode: 'front',
      Binds: [`${shared}:/shared:ro`, `named-${name}:/data`],
      Mounts: [
        { Type: 'volume', Target: '/anonymous', Source: '' },
        { Type: 'tmpfs', Target: '/scratch', Source: '', TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o700 } },
      ],
      Tmpfs: { '/run/small': 'size=64k' },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 },
      PortBindings: { '80/tcp': [{ HostPort: String(18_000 + last) }] },
      CapAdd: ['NET_ADMIN'],
      CapDrop: ['MKNOD'],
      Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'rw' }],
      Ulimits: [{ Name: 'nofile', Soft: 512, Hard: 1024 }],
      Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
      Dns: ['192.0.2.53'],
      DnsSearch: ['corp.example'],
      DnsOptions: ['ndots:2'],
      ExtraHosts: ['legacy:192.0.2.7'],
      GroupAdd: ['20'],
      Memory: 64 << 20,
      CpuShares: 512,
      PidsLimit: 100,
      ShmSize: 1 << 20,
      OomScoreAdj: 100,
      Init: true,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      SecurityOpt: ['no-new-privileges'],
    },
  });
  await docker.getNetwork('back').connect({
    Container: container.id,
    EndpointConfig: { IPAMConfig: { IPv4Address: `10.82.0.${last}` }, Aliases: ['storage'] },
  });
  await container.start();
  return container;
}

type Inspect = Docker.ContainerInspectInfo;
const VOLUME_NAME = /^[0-9a-f]{64}(:|$)/;

/**
 * What `docker inspect` shows, without what differs between equal containers: ids, times, paths with the id. An anonymous volume is
 * requested by its name the second time; `Mounts` shows that it is the same volume.
 */
export async function lastingParts(container: Pick<Docker.Container, 'inspect'>): Promise<object> {
  const inspect = await container.inspect();
  const { Id, Created, State, GraphDriver, ResolvConfPath, HostnamePath, HostsPath, LogPath, ...rest } = inspect;
  const { SandboxID, SandboxKey, EndpointID, ...settings } = rest.NetworkSettings as Inspect['NetworkSettings'] & {
    EndpointID?: string;
  };
  const shortId = Id.slice(0, 12);
  const networks = Object.entries(settings.Networks).map(([name, { EndpointID: _, ...network }]) => [
    name,
    {
      ...network,
      Aliases: (network.Aliases as string[] | null)?.map((alias) => alias.replace(shortId, 'SHORT-ID')).toSorted(),
    },
  ]);
  const lasting = {
    ...rest,
    HostConfig: {
      ...rest.HostConfig,
      Links: (rest.HostConfig.Links as string[] | null)?.toSorted(),
      Binds: (rest.HostConfig.Binds ?? []).filter((bind) => !VOLUME_NAME.test(bind)),
      Mounts: (rest.HostConfig.Mounts ?? []).map(({ Source, ...mount }) =>
        VOLUME_NAME.test(Source) ? mount : { ...mount, Source },
      ),
    },
    Mounts: rest.Mounts.map(({ Mode: _, ...mount }) => mount).toSorted((a, b) =>
      a.Destination < b.Destination ? -1 : 1,
    ),
    NetworkSettings: { ...settings, Networks: Object.fromEntries(networks.sort()) },
    Running: State.Running,
  };
  return JSON.parse(JSON.stringify(lasting).replaceAll(Id, 'ID').replaceAll(shortId, 'SHORT-ID')) as object;
}

/** Names of all containers, running or not, with their states. */
export async function listAll({ docker }: Pick<Engine, 'docker'>): Promise<readonly string[]> {
  const containers = await docker.listContainers({ all: true });
  return containers.map(({ Names, State }) => `${Names.join().replaceAll('/', '')} ${State}`).toSorted();
}
