import type { TunnelPeer } from '../backend/backend.ts';
import type { WireguardStatus } from './parse-dump.ts';
import { endpointOf } from './resolve.ts';

/** What the driver knows of a peer that the device does not say. */
export interface PeerMemory {
  /** The endpoint that was desired when it was set last. */
  readonly desired: string;
  /** Where the peer was heard last; null: not known. */
  readonly seen: string | null;
}

/** Remembers where peers were heard: a device that is made again has lost it, and the address of a host behind NAT is known from nothing else. */
export class EndpointMemory {
  readonly #peers = new Map<string, PeerMemory>();

  /** What is known by public key, with what the device says now. */
  learn(peers: readonly TunnelPeer[], status: WireguardStatus | null): ReadonlyMap<string, PeerMemory> {
    const keys = new Set(peers.map(({ publicKey }) => publicKey));
    for (const publicKey of this.#peers.keys()) if (!keys.has(publicKey)) this.#peers.delete(publicKey);
    for (const peer of peers) {
      const { publicKey } = peer;
      const standing = publicKey === null ? undefined : status?.peers.get(publicKey);
      if (publicKey === null || !standing?.endpoint) continue;
      // Set by an earlier agent, if it is not known.
      const desired = this.#peers.get(publicKey)?.desired ?? endpointOf(peer);
      if (desired !== null) this.#peers.set(publicKey, { desired, seen: standing.endpoint });
    }
    return new Map(this.#peers);
  }

  /** The endpoint of the peer was set, or left because it is as desired. */
  record(publicKey: string, desired: string): void {
    this.#peers.set(publicKey, { desired, seen: this.#peers.get(publicKey)?.seen ?? null });
  }
}
