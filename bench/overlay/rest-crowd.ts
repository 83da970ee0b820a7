import type { Host, HostOverlay, JsonValue } from '../../model/index.ts';

/** A host that exists only by its facts. */
export interface RestPeer {
  readonly id: string;
  readonly subnet: string;
  /** The network address of the subnet, which is the next hop for VXLAN. */
  readonly nextHop: string;
  readonly gateway: string;
}

/** Many of them, which one host stands for. */
export interface RestCrowd {
  readonly consul: string;
  readonly count: number;
  /** Of the host that stands for them. */
  readonly address: string;
  readonly real: { readonly hostId: string; readonly subnet: string; readonly gateway: string };
}

export function restPeers(count: number, taken: string): readonly RestPeer[] {
  const numbers = Array.from({ length: count + 1 }, (_, n) => restPeer(n));
  return numbers.filter(({ subnet }) => subnet !== taken).slice(0, count);
}

function restPeer(n: number): RestPeer {
  const net = `10.${40 + (n >> 8)}.${n & 255}`;
  const digits = (n + 1).toString(16).padStart(12, '0');
  return { id: `ffffffff-0000-4000-8000-${digits}`, subnet: `${net}.0/24`, nextHop: `${net}.0`, gateway: `${net}.1` };
}

/** The facts of a host that is reached over VXLAN at `address`, as its agent publishes them. */
export function restFacts({ id, subnet }: RestPeer, address: string): ReadonlyMap<string, JsonValue> {
  const host: Host = {
    id,
    name: `node-${id.slice(-4)}`,
    hostname: `node-${id.slice(-4)}`,
    address,
    labels: {},
    milliCpu: 16_000,
    memoryBytes: 64 << 20,
    localStorageMb: 400_000,
    agentVersion: '0.1.0',
    subnets: [subnet],
    routedBridges: false,
    incarnation: 1,
  };
  const overlay: HostOverlay = {
    abilities: [{ backend: 'vxlan', means: 'kernel', lacks: '' }],
    ends: [{ backend: 'vxlan', slot: 0, generation: 0, port: 4789, publicKey: null }],
    uses: 1,
    addresses: [address],
    publicAddress: null,
    underlayMtu: 1500,
  };
  return new Map([
    ['host', host as unknown as JsonValue],
    ['overlay', overlay as unknown as JsonValue],
  ]);
}
