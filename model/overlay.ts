/** How packets between hosts travel: plain routes, VXLAN in clear, or encrypted. */
export const backendNames = ['direct', 'vxlan', 'ipsec', 'wireguard'] as const;
export type BackendName = (typeof backendNames)[number];

/** Backends that encrypt. */
export const encryptedBackends: readonly BackendName[] = ['ipsec', 'wireguard'];

/**
 * Two tunnels of one backend can stand side by side, so that new keys are in use before the old ones go. A backend without keys has only
 * slot 0.
 */
export type TunnelSlot = 0 | 1;

/** One end of a tunnel that a host keeps ready: its peers may send to it. */
export interface TunnelEnd {
  readonly backend: BackendName;
  readonly slot: TunnelSlot;
  /** UDP port, null if the backend has none (`direct`). */
  readonly port: number | null;
  /** Base64: X25519 of WireGuard, the DER form (SPKI) of the Ed25519 key for IPsec. Null: no keys. */
  readonly publicKey: string | null;
}

/** What a host can do for one backend. */
export interface BackendAbility {
  readonly backend: BackendName;
  /** The program or kernel part that carries it: `kernel`, `wireguard-go`, `kernel-libipsec`. Null: not possible. */
  readonly means: string | null;
  /** Why it is not possible, and how to fix it; empty if it is. */
  readonly lacks: string;
}

/** Fact `overlay`: how other hosts reach the containers of a host. */
export interface HostOverlay {
  readonly abilities: readonly BackendAbility[];
  readonly ends: readonly TunnelEnd[];
  /** Addresses of this host on its networks, the preferred one first; none of bridges and tunnels. */
  readonly addresses: readonly string[];
  /** The address at which hosts of other networks reach this one, if it is behind NAT (`host.publicAddress`). */
  readonly publicAddress: string | null;
  /** Largest packet of the device that has the first address, bytes. */
  readonly underlayMtu: number;
}

export const OVERLAY_FACT = 'overlay';
