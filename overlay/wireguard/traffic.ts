import type { TunnelPeer, TunnelTraffic } from '../backend/backend.ts';
import type { WireguardStatus } from './parse-dump.ts';

/** By host id. WireGuard agrees new keys at each handshake. Pure. */
export function trafficOf(
  peers: readonly TunnelPeer[],
  status: WireguardStatus | null,
  nowMs: number,
): ReadonlyMap<string, TunnelTraffic> {
  return new Map(
    peers.flatMap(({ hostId, publicKey }): [string, TunnelTraffic][] => {
      const standing = publicKey === null ? undefined : status?.peers.get(publicKey);
      if (!standing) return [];
      const { receivedBytes, sentBytes, handshakeAt } = standing;
      const keyAgeSeconds = handshakeAt === 0 ? null : Math.max(0, Math.floor(nowMs / 1000) - handshakeAt);
      return [[hostId, { receivedBytes, sentBytes, keyAgeSeconds }]];
    }),
  );
}
