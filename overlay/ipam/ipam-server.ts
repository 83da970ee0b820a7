import type { Clock, Log } from '../../system/index.ts';

export interface IpamSettings {
  /** Docker names the driver after the file: `/run/docker/plugins/drover.sock` is `--ipam-driver drover`. A number is an inherited socket (systemd). */
  readonly listen: string | number;
  /** Database file, such as `/var/lib/drover/ipam.db`. */
  readonly file: string;
  /** How long a freed address is not handed out again. Default 60 s. */
  readonly restMs?: number;
  /** How long an address may be leased without an endpoint before it is taken back. Default 30 s. */
  readonly orphanMs?: number;
}

/**
 * Every address Docker's networks in a pool hold now (endpoints, gateways, auxiliary addresses); null when that is not known
 * completely, then nothing is taken back.
 */
export type ListUsedAddresses = (pool: string) => Promise<ReadonlySet<string> | null>;

export interface IpamServer {
  /** Takes back addresses that Docker holds no endpoint for; called at an interval and after dockerd restarts. */
  reclaim(): Promise<void>;
  /** Idempotent; resolves when the socket and the file are closed. */
  close(): Promise<void>;
}

/** Serves Docker's remote IPAM interface. Resolves once it listens. */
export function serveIpam(
  _deps: { clock: Clock; log: Log; listUsed: ListUsedAddresses },
  _settings: IpamSettings,
): Promise<IpamServer> {
  throw new Error('the IPAM driver is not built yet');
}
