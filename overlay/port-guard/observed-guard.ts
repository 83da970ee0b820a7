import type { GuardElements } from './render.ts';

/** A device that is a port of a bridge. */
export interface BridgePort {
  readonly name: string;
  readonly index: number;
  readonly bridge: string;
  /** Number of the network namespace of its peer device, as the kernel counts for this host; null: no peer, or our own namespace. */
  readonly namespace: number | null;
}

/** The state of the guard on this host, and what the kernel says about the bridge's ports. */
export interface ObservedGuard {
  /** Our table without the content of its sets; null: there is no table. */
  readonly frame: string | null;
  readonly elements: GuardElements;
  /** Text of the published bindings; null: there is no file. */
  readonly published: string | null;
  /** nft's message when the kernel does not accept such a table; null: there is a table, or there can be. */
  readonly refusal: string | null;
  /** Of all bridges. */
  readonly ports: readonly BridgePort[];
  /** IPv4 addresses of the guarded bridge itself. */
  readonly ownAddresses: readonly string[];
  /** Container id -> number of its network namespace, for containers that had no port in the table. */
  readonly namespaces: ReadonlyMap<string, number>;
  /** Ids of containers whose namespace we are not allowed to see. */
  readonly hidden: readonly string[];
}
