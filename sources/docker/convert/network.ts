import { isIPv4 } from 'node:net';
import type { Network, NetworkKind } from '../../../model/index.ts';
import type { NetworkInspect } from '../engine/schema.ts';

export interface NetworkContext {
  readonly hostId: string;
  readonly managedNetworkName: string;
}

/** The fact about a network. Pure. */
export function networkFromInspect(inspect: NetworkInspect, context: NetworkContext): Network {
  const subnets = (inspect.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [canonicalCidr(Subnet)] : []));
  return {
    id: inspect.Id,
    hostId: context.hostId,
    name: inspect.Name,
    kind: kindOf(inspect, context.managedNetworkName),
    subnets,
    internal: inspect.Internal ?? false,
    device:
      inspect.Driver === 'bridge'
        ? (inspect.Options['com.docker.network.bridge.name'] ?? `br-${inspect.Id.slice(0, 12)}`)
        : null,
  };
}

function kindOf(inspect: NetworkInspect, managedNetworkName: string): NetworkKind {
  const label = inspect.Labels['drover.managed'];
  const labelled = label !== undefined && label.toLowerCase() !== 'false';
  if (inspect.Driver === 'bridge' && (labelled || inspect.Name === managedNetworkName)) return 'managed';
  if (inspect.Driver === 'bridge' || inspect.Driver === 'host') return inspect.Driver;
  return inspect.Driver === 'null' ? 'none' : 'other';
}

/** `172.18.3.4/16` -> `172.18.0.0/16`; IPv6 in lower case as Docker writes it. */
export function canonicalCidr(cidr: string): string {
  const [address = '', prefix = ''] = cidr.split('/');
  const length = Number(prefix);
  if (!isIPv4(address) || !Number.isInteger(length) || length > 32) return cidr.toLowerCase();
  const masked = toNumber(address) - (toNumber(address) % 2 ** (32 - length));
  return `${[24, 16, 8, 0].map((shift) => Math.floor(masked / 2 ** shift) % 256).join('.')}/${length}`;
}

/** Whether an IPv4 address lies in a canonical IPv4 CIDR. */
export function cidrContains(cidr: string, address: string): boolean {
  const prefix = cidr.split('/')[1];
  if (!isIPv4(address) || prefix === undefined) return false;
  return canonicalCidr(`${address}/${prefix}`) === cidr;
}

function toNumber(ipv4: string): number {
  return ipv4.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}
