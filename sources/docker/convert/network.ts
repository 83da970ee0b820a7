import { type Network, type NetworkKind, parseInterfaceCidr } from '../../../model/index.ts';
import type { NetworkInspect } from '../engine/schema.ts';

export interface NetworkContext {
  readonly hostId: string;
  readonly managedNetworkName: string;
}

/** The fact of a network. Pure. */
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

/** The canonical text of a range (`172.18.3.4/16` -> `172.18.0.0/16`); other text stays as it is. */
export function canonicalCidr(text: string): string {
  const parsed = parseInterfaceCidr(text);
  return parsed.ok ? parsed.value.cidr.text : text;
}
