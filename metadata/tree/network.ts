import type { Container, Environment, HostState, Network } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';
import type { ValueObject } from '../value/value.ts';
import { uuidOf } from './uuid.ts';

/** The networks of all hosts by name; of equal names this host's first. A network that spans hosts is listed once. */
export function networkObjects(view: HostView): readonly ValueObject[] {
  const { environment, hosts } = view.snapshot;
  const own = hosts.get(view.hostId);
  const others = [...hosts].filter(([hostId]) => hostId !== view.hostId).sort(([a], [b]) => (a < b ? -1 : 1));
  const byUuid = new Map<string, Network>();
  for (const state of [...(own ? [own] : []), ...others.map(([, state]) => state)]) {
    for (const network of sortedNetworks(state)) {
      const uuid = uuidOfNetwork(environment, network);
      if (!byUuid.has(uuid)) byUuid.set(uuid, network);
    }
  }
  const objects = [...byUuid].map(([uuid, network]) => networkObject(environment, uuid, network));
  return objects.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
}

/** The UUID for a container on no known network, from its network mode. */
export function uuidOfMode(environment: Environment, { networkMode: kind, hostId }: Container): string {
  return kind === 'host' || kind === 'none' ? uuidOf(environment.uuid, 'network', kind) : uuidOf(hostId, 'network', '');
}

/** The managed network, `host` and `none` have one UUID for all hosts; a bridge has one per host. */
export function uuidOfNetwork(environment: Environment, { kind, name, id, hostId }: Network): string {
  if (kind === 'host' || kind === 'none') return uuidOf(environment.uuid, 'network', kind);
  return kind === 'managed' ? uuidOf(environment.uuid, 'network', kind, name) : uuidOf(hostId, 'network', id);
}

function sortedNetworks({ networks }: HostState): readonly Network[] {
  return [...networks.values()].sort((a, b) => (`${a.name}/${a.id}` < `${b.name}/${b.id}` ? -1 : 1));
}

function networkObject(environment: Environment, uuid: string, { kind, name }: Network) {
  return {
    default_policy_action: 'allow',
    environment_uuid: environment.uuid,
    host_ports: kind === 'managed' || kind === 'bridge',
    is_default: kind === 'managed',
    metadata: {},
    metadata_kind: 'network',
    name,
    policy: null,
    uuid,
  };
}
