import type { Problem } from '../model/index.ts';
import { type Inspect, nameOf } from './obstacles.ts';

export interface StartFirstOptions {
  /** Both containers may write to the same volumes for a while. */
  readonly shareVolumes: boolean;
}

/** Why a new container cannot run beside the old one; null: it can. `others` are the other containers that run. Pure. */
export function obstacleToStartFirst(
  inspect: Inspect,
  others: readonly Inspect[],
  { shareVolumes }: StartFirstOptions,
): Problem | null {
  const subject = `container ${nameOf(inspect)}`;
  const what = 'cannot run beside a new one:';
  const hint = 'roll it with --stop-first: the old container is stopped before the new one is started';
  const reason = reasonFor(inspect);
  if (reason !== null) return { subject, what: `${what} ${reason}`, hint };
  const path = shareVolumes ? undefined : exclusivePath(inspect, others);
  if (path === undefined) return null;
  return {
    subject,
    what: `${what} no other container uses what it writes to at ${path}, and two at once may damage the data`,
    hint: `${hint}; or with --share-volumes, if the program allows it`,
  };
}

function reasonFor({ Config, HostConfig, NetworkSettings }: Inspect): string | null {
  const mode = HostConfig.NetworkMode ?? '';
  if (mode === 'host' || mode.startsWith('container:'))
    return `its network is ${mode}, so both would use the same ports`;
  const bindings = Object.values((HostConfig.PortBindings ?? {}) as Readonly<Record<string, readonly PortBinding[]>>);
  const hostPort = bindings.flat().find((binding) => isFixed(binding?.HostPort))?.HostPort;
  if (hostPort !== undefined) return `it publishes port ${hostPort} of the host`;
  const addresses = Object.values(NetworkSettings.Networks).flatMap((network) => {
    const { IPv4Address, IPv6Address } = (network.IPAMConfig ?? {}) as FixedAddresses;
    return [IPv4Address, IPv6Address].filter(Boolean);
  });
  if (addresses[0]) return `it has the fixed address ${addresses[0]}`;
  const { MacAddress } = Config as { readonly MacAddress?: string };
  return MacAddress ? `it has the fixed MAC address ${MacAddress}` : null;
}

interface PortBinding {
  readonly HostPort?: string;
}

interface FixedAddresses {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
}

function isFixed(hostPort: string | undefined): boolean {
  return hostPort !== undefined && hostPort !== '' && hostPort !== '0';
}

/** A path that this container alone writes to, outside of its own file system. */
function exclusivePath({ Mounts }: Inspect, others: readonly Inspect[]): string | undefined {
  const shared = new Set(others.flatMap((other) => other.Mounts.map(sourceOf)));
  const written = Mounts.filter(({ Type, RW }) => RW && (Type === 'volume' || Type === 'bind'));
  return written.find((mount) => !mount.Source.endsWith('.sock') && !shared.has(sourceOf(mount)))?.Destination;
}

function sourceOf({ Name, Source }: Inspect['Mounts'][number]): string {
  return Name ?? Source;
}
