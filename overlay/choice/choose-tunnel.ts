import { isEncrypted, isSameTunnel, type TunnelEnd, type TunnelId } from '../../model/index.ts';

/**
 * The end of another host to which this one sends: over the wanted tunnel if both hosts have it and the other one answers over it, else
 * over one that both have, an encrypted one first. Null: they have none in common. `own` are the tunnels that this host keeps ready. Pure.
 */
export function chooseTunnel(
  wanted: TunnelId | null,
  own: readonly TunnelId[],
  peer: readonly TunnelEnd[],
  isAnswering: boolean,
): TunnelEnd | null {
  const common = peer.filter((end) => own.some((mine) => isSameTunnel(mine, end)));
  const rank = (end: TunnelEnd): number => {
    if (isSameTunnel(end, wanted)) return isAnswering ? 0 : 3;
    return isEncrypted(end.backend) ? 1 : 2;
  };
  return common.toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
}
