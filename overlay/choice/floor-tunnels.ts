import { isSameTunnel, type TunnelId } from '../../model/index.ts';
import type { Backend } from '../backend/backend.ts';
import type { FloorTunnels } from '../floor/desired-floor.ts';
import { defaultVxlanSettings } from '../vxlan/settings.ts';
import type { AcceptedPeer } from './accept-peers.ts';

/**
 * What stands under the tunnels that this host keeps ready. Unless plain routes are among them, packets between containers may use tunnels only,
 * and are dropped while there is no tunnel. Pure.
 */
export function floorTunnels(
  kept: readonly TunnelId[],
  backends: readonly Pick<Backend, 'name' | 'slot' | 'device' | 'port'>[],
  peers: readonly AcceptedPeer[],
): FloorTunnels {
  const used = backends.filter(({ name, slot }) => kept.some((id) => isSameTunnel(id, { backend: name, slot })));
  const vxlan = used.find(({ name }) => name === 'vxlan');
  return {
    devices: used.flatMap(({ device }) => (device === null ? [] : [device])),
    closed: !kept.some(({ backend }) => backend === 'direct'),
    vxlan: vxlan
      ? {
          vni: defaultVxlanSettings.vni,
          port: vxlan.port ?? defaultVxlanSettings.port,
          addresses: [...new Set(peers.flatMap(addressesOf))],
        }
      : null,
  };
}

/** From any of its addresses a host may send. */
function addressesOf({ host, overlay }: AcceptedPeer): readonly string[] {
  const { addresses = [], publicAddress = null } = overlay ?? {};
  return [host.address, ...addresses, ...(publicAddress === null ? [] : [publicAddress])];
}
