/** What carries packets between the containers of different hosts. */
export interface FloorTunnels {
  /** Devices of tunnels, also of those that are about to go: packets between containers may leave and arrive there. */
  readonly devices: readonly string[];
  /** Packets between containers may use these devices only: no host is reached by plain routes. */
  readonly closed: boolean;
  /** The VXLAN of this host, if it has one, and the addresses of its peers on the underlay. */
  readonly vxlan: VxlanPeers | null;
}

export interface VxlanPeers {
  readonly vni: number;
  readonly port: number;
  readonly addresses: readonly string[];
}

export interface DesiredFloor extends FloorTunnels {
  /** All ranges of the environment, canonical CIDRs. */
  readonly ranges: readonly string[];
  /** Subnet of this host's containers, and their bridge. */
  readonly own: { readonly subnet: string; readonly device: string };
}

export interface FloorSettings {
  /** Name of our nft table (family inet). Default `drover_overlay`. */
  readonly table: string;
  /** Marks our routes and rules. Default 250. */
  readonly protocol: number;
  /** Of the routes that lead nowhere: any other route to the same range comes first. Default 4278198272. */
  readonly metric: number;
  /** Priority of our first rule in the routing policy; the last one has 10 more. Default 5000. */
  readonly priority: number;
}

export const defaultFloorSettings: FloorSettings = {
  table: 'drover_overlay',
  protocol: 250,
  metric: 4278198272,
  priority: 5000,
};
