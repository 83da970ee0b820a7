import type { BackendAbility, BackendName, TunnelSlot } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';

/** This host's end of the tunnels of a backend. */
export interface OwnEnd {
  readonly hostId: string;
  /** Canonical CIDR of this host's containers. */
  readonly subnet: string;
  /** First address of the subnet, on the bridge. */
  readonly gateway: string;
  /** Address of this host on the underlay. */
  readonly address: string;
  /** Largest packet that the tunnel device accepts, bytes. */
  readonly mtu: number;
}

/** Another host, as the driver of a backend reaches it. */
export interface TunnelPeer {
  readonly hostId: string;
  /** Where this host reaches the other one on the underlay, IPv4 or IPv6. */
  readonly address: string;
  /** UDP port there, null if the backend has none. */
  readonly port: number | null;
  /** As the other host published it (`TunnelEnd.publicKey`). */
  readonly publicKey: string | null;
  /** Canonical CIDRs of the other host's containers; no two peers share one. */
  readonly subnets: readonly string[];
  /** No probe has arrived from it lately. A driver whose program follows a peer that roams (NAT) returns to `address` then, and only then. */
  readonly isSilent: boolean;
}

/** What one driver should keep. */
export interface DesiredTunnels {
  /** Null: nothing of this driver may exist on this host. */
  readonly own: OwnEnd | null;
  readonly peers: readonly TunnelPeer[];
}

/** How a route reaches a peer: `dev DEVICE`, with `via GATEWAY onlink` if the device needs a next hop. */
export interface Hop {
  readonly device: string | null;
  readonly gateway: string | null;
}

/** One way to reach other hosts. Routes are not its business: `overlay/routing` sets them to the hop of each peer. */
export interface Backend<Observed = unknown, Change = unknown> {
  readonly name: BackendName;
  readonly slot: TunnelSlot;
  /** The device that it makes; packets from other hosts arrive on it. Null: it makes none (`direct`). */
  readonly device: string | null;
  /** UDP port on which it receives. */
  readonly port: number | null;
  /** Bytes that it adds to a packet, for an underlay of IPv4 or IPv6. */
  readonly overheadBytes: Readonly<Record<4 | 6, number>>;
  /** Whether this host can do it, and with what. Reads only. */
  detect(signal?: AbortSignal): Promise<BackendAbility>;
  /** The public key of this host, made at the first call and kept in the data directory. Null: the backend has no keys. */
  publicKey(): Promise<string | null>;
  /** Replaces the key by a new one. */
  renewKey(): Promise<void>;
  /** Pure. */
  hop(peer: TunnelPeer): Hop;
  /** One peer's change touches its own entries only. Changes of one plan are made in order. */
  readonly applier: Applier<DesiredTunnels, Observed, Change>;
  /** Keeps the programs that the backend needs running until `signal` aborts, and leaves them running then. */
  run(signal: AbortSignal): Promise<void>;
  /** What each peer's tunnel has carried, by host id. */
  traffic(signal?: AbortSignal): Promise<ReadonlyMap<string, TunnelTraffic>>;
  /** Removes everything of this driver and stops its programs. Idempotent; touches nothing else. */
  remove(signal?: AbortSignal): Promise<void>;
}

/** Null: the backend does not count it. */
export interface TunnelTraffic {
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
  /** Seconds since the keys in use were agreed. */
  readonly keyAgeSeconds: number | null;
}
