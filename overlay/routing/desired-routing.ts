/** Another host and what lies behind it. */
export interface Peer {
  readonly hostId: string;
  /** The address this host reaches the other one at. */
  readonly address: string;
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

/** What traffic between hosts needs on this one. */
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
  /** Marks our routes: only routes with this protocol number are ever touched. Default 250. */
  readonly protocol: number;
  /** Whether to add accept rules where the host's FORWARD chain drops. Default true. */
  readonly dockerUserRules: boolean;
}

export const defaultRoutingSettings: RoutingSettings = {
  table: 'drover_network',
  protocol: 250,
  dockerUserRules: true,
};
