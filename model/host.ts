/** A machine that runs an agent. `id` is generated once and kept in the agent's data directory (UUID v4). */
export interface Host {
  readonly id: string;
  /** Defaults to the machine's host name. The operator keeps it unique in the environment. */
  readonly name: string;
  readonly hostname: string;
  /** The address at which other hosts reach this one (IPv4 or IPv6 text). */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly milliCpu: number | null;
  readonly memoryBytes: number | null;
  readonly localStorageMb: number | null;
  readonly agentVersion: string;
  /** Subnets of the managed network this host claimed, canonical CIDR (`10.42.3.0/24`). */
  readonly subnets: readonly string[];
  /** Whether the host routes between its Docker networks (`network.routedBridges`), so that containers reach networks that they are not attached to. */
  readonly routedBridges: boolean;
  /** Milliseconds since the epoch at which this agent incarnation joined the bus; a restarted agent has a higher one. */
  readonly incarnation: number;
}
