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
  /** Of the choice for which the key was made. 0 for a backend without keys. */
  readonly generation: number;
  /** UDP port, null if the backend has none (`direct`). */
  readonly port: number | null;
  /** Base64: X25519 of WireGuard, the DER form (SPKI) of the Ed25519 key for IPsec. Null: no keys. */
  readonly publicKey: string | null;
}

/** Which tunnel of a host is meant. */
export type TunnelId = Pick<TunnelEnd, 'backend' | 'slot'>;

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
  /** Generation of the newest `OverlayChoice` by which the host sends to all living hosts that can; 0: of none yet. */
  readonly uses: number;
  /** Addresses of this host on its networks, the preferred one first; none of bridges and tunnels. */
  readonly addresses: readonly string[];
  /** The address at which hosts of other networks reach this one, if it is behind NAT (`host.publicAddress`). */
  readonly publicAddress: string | null;
  /** Largest packet of the device that has the first address, bytes. */
  readonly underlayMtu: number;
}

export const OVERLAY_FACT = 'overlay';

/** Document `overlay`: how the hosts of the environment should reach each other. */
export interface OverlayChoice {
  /** What operators want. */
  readonly setting: BackendSetting;
  /** What the hosts change to. Null: no host can do what `setting` asks for. */
  readonly backend: BackendName | null;
  /** Why this backend, for operators: `every host can use it`. */
  readonly reason: string;
  /** Grows with each change of the backend and each renewal of the keys. */
  readonly generation: number;
  /** When this generation began, milliseconds since the epoch. */
  readonly keysSinceMs: number;
}

export const backendSettings = ['auto', ...backendNames] as const;
export type BackendSetting = (typeof backendSettings)[number];

export const OVERLAY_DOCUMENT = 'overlay';

/** The tunnel that all hosts should use; null: none. Generations of WireGuard alternate between the slots. */
export function wantedTunnel(choice: OverlayChoice | null): TunnelId | null {
  if (choice === null || choice.backend === null) return null;
  const slot = choice.backend === 'wireguard' && choice.generation % 2 === 1 ? 1 : 0;
  return { backend: choice.backend, slot };
}

export function isEncrypted(backend: BackendName): boolean {
  return encryptedBackends.includes(backend);
}

export function isSameTunnel(a: TunnelId | null, b: TunnelId | null): boolean {
  return a === b || (a !== null && b !== null && a.backend === b.backend && a.slot === b.slot);
}
