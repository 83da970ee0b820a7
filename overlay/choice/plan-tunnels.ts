import {
  type HostOverlay,
  isSameTunnel,
  type OverlayChoice,
  type TunnelEnd,
  type TunnelId,
  wantedTunnel,
} from '../../model/index.ts';
import { can } from './choose-backend.ts';

/** The ends of a host whose agent does not report any: it routes without a tunnel. */
const PLAIN: readonly TunnelEnd[] = [{ backend: 'direct', slot: 0, generation: 0, port: null, publicKey: null }];

export function endsOf(overlay: HostOverlay | null): readonly TunnelEnd[] {
  return overlay?.ends ?? PLAIN;
}

/**
 * The tunnels that this host should keep ready: the wanted one, and earlier ones until this host and every living one that can use the
 * wanted one send over it. So both ends speak the new backend before the old one goes. If no backend is possible, nothing changes. Pure.
 */
export function planTunnels(
  choice: OverlayChoice | null,
  own: Pick<HostOverlay, 'abilities' | 'ends' | 'uses'>,
  others: readonly (HostOverlay | null)[],
): readonly TunnelId[] {
  const wanted = wantedTunnel(choice);
  if (choice === null || wanted === null) return idsOf(own.ends);
  const isAble = can({ overlay: own }, wanted.backend);
  const isChanging = (other: HostOverlay | null): boolean =>
    other === null || (can({ overlay: other }, wanted.backend) && other.uses !== choice.generation);
  const isNeeded = (end: TunnelId): boolean =>
    isAble
      ? own.uses !== choice.generation || others.some(isChanging)
      : others.some((other) => endsOf(other).some((theirs) => isSameTunnel(theirs, end)));
  const earlier = own.ends.filter((end) => !isSameTunnel(end, wanted)).filter(isNeeded);
  return isAble ? [wanted, ...idsOf(earlier)] : idsOf(earlier);
}

function idsOf(ends: readonly TunnelEnd[]): readonly TunnelId[] {
  return ends.map(({ backend, slot }) => ({ backend, slot }));
}
