import type { TunnelSlot } from '../../model/index.ts';

export interface WireguardSettings {
  readonly slot: TunnelSlot;
  /** Default `drover-wg0` or `drover-wg1`, by the slot. */
  readonly device: string;
  /** UDP port. Default 51820 or 51821, by the slot. */
  readonly port: number;
  /** The private key of this host in this slot. */
  readonly keyFile: string;
  /** The program of Debian's package wireguard-tools. Default `wg`. */
  readonly wg: string;
  /** WireGuard outside the kernel, used if the kernel has none. Default `wireguard-go`. */
  readonly wireguardGo: string;
}

export const wireguardDevice = (slot: TunnelSlot): string => `drover-wg${slot}`;

export function defaultWireguardSettings(slot: TunnelSlot): Omit<WireguardSettings, 'keyFile'> {
  return { slot, device: wireguardDevice(slot), port: 51_820 + slot, wg: 'wg', wireguardGo: 'wireguard-go' };
}
