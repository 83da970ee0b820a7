/** Where the address containers ask at lives, and what it is called. */
export interface ServiceAddressSettings {
  /** Name of the network namespace, as `ip netns` lists it. Default `drover`. */
  readonly namespace: string;
  /** Host's end of the cable into the namespace. Default `drover0`. */
  readonly device: string;
  /** Where DNS and metadata answer. Default 169.254.169.250. */
  readonly serviceAddress: string;
  /** Source of what the namespace asks the outside (upstream DNS); masqueraded. Default 169.254.169.251. */
  readonly sourceAddress: string;
  /** The host's own address on the cable: what its own processes and host-network containers are seen as. Default 169.254.169.252. */
  readonly hostAddress: string;
  /** Name of our nft table (family ip). Default `drover`. */
  readonly table: string;
  /** Whether to add accept rules where the host's FORWARD chain drops (Docker's does). Default true. */
  readonly dockerUserRules: boolean;
  /** DNS queries over UDP that one source may send; more are dropped. 0: no limit. Default 50,000. */
  readonly maxQueriesPerSecond: number;
}

export const defaultServiceAddressSettings: ServiceAddressSettings = {
  namespace: 'drover',
  device: 'drover0',
  serviceAddress: '169.254.169.250',
  sourceAddress: '169.254.169.251',
  hostAddress: '169.254.169.252',
  table: 'drover',
  dockerUserRules: true,
  maxQueriesPerSecond: 50_000,
};
