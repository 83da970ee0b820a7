/** Addresses and names of everything that makes up the service address. */
export interface ServiceAddressSettings {
  /** Name of the network namespace, as `ip netns` lists it. Default `drover`. */
  readonly namespace: string;
  /** Host's end of the veth pair that leads into the namespace. Default `drover0`. */
  readonly device: string;
  /** Address of DNS and metadata. Default 169.254.169.250. */
  readonly serviceAddress: string;
  /** Source address of queries that leave the namespace (to upstream DNS servers); masqueraded. Default 169.254.169.251. */
  readonly sourceAddress: string;
  /** The host's address on the veth pair: source address of its own processes and of host-network containers. Default 169.254.169.252. */
  readonly hostAddress: string;
  /** Name of our nft table (family ip). Default `drover`. */
  readonly table: string;
  /** Whether to add accept rules if the host's FORWARD chain drops packets (Docker's does). Default true. */
  readonly dockerUserRules: boolean;
  /** DNS queries over UDP that one source may send; the rest is dropped. 0: no limit. Default 50,000. */
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
