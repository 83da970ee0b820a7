import type { Hop } from '../backend/backend.ts';

/** How packets to another host leave this one. */
export interface PeerRoute {
  readonly hop: Hop;
  /** Largest packet that the path carries, bytes. Null: the device's. */
  readonly mtu: number | null;
}

/** Another host and its subnets. */
export interface Peer extends PeerRoute {
  readonly hostId: string;
  /** Canonical CIDRs. */
  readonly subnets: readonly string[];
}

/** This host's part of the managed network. */
export interface OwnNetwork {
  /** Canonical CIDR. */
  readonly subnet: string;
  readonly gateway: string;
  /** The bridge device. */
  readonly device: string;
}

/** What this host needs for traffic to the other hosts. */
export interface DesiredRouting {
  /** All ranges of the environment's managed network, canonical CIDRs. */
  readonly ranges: readonly string[];
  /** Null before this host has a part. */
  readonly own: OwnNetwork | null;
  /** The other hosts. */
  readonly peers: readonly Peer[];
}

export interface RoutingSettings {
  /** Name of our nft table (family ip). Default `drover_network`. */
  readonly table: string;
  /** Marks our routes: only routes with this protocol number are changed. Default 250. */
  readonly protocol: number;
  /** Whether to add accept rules if the host's FORWARD chain drops packets. Default true. */
  readonly dockerUserRules: boolean;
}

export const defaultRoutingSettings: RoutingSettings = {
  table: 'drover_network',
  protocol: 250,
  dockerUserRules: true,
};
