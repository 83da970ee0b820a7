import { type Address, type Cidr, cidrContains, parseAddress } from '../../model/index.ts';

/** Where another host can be reached on the underlay. */
export interface PeerAddresses {
  /** `Host.address`. */
  readonly address: string;
  /** Its addresses on its networks, the preferred one first. */
  readonly addresses: readonly string[];
  /** Its address for hosts of other networks, if it is behind NAT. */
  readonly publicAddress: string | null;
}

/**
 * The addresses of a peer in the order in which to try them, canonical, without repetition: those in a network of this host first, then
 * the peer's own choice, its public address, and the rest, IPv4 before IPv6. Families that this host does not have are left out.
 */
export function underlayCandidates(own: readonly Cidr[], peer: PeerAddresses): readonly string[] {
  const { address, publicAddress, addresses } = peer;
  const texts = [address, ...(publicAddress === null ? [] : [publicAddress]), ...addresses];
  const families = new Set(own.map(({ family }) => family));
  const parsed = texts.flatMap((text): readonly Address[] => {
    const result = parseAddress(text);
    return result.ok && (families.size === 0 || families.has(result.value.family)) ? [result.value] : [];
  });
  const isOnLink = (candidate: Address): boolean => own.some((network) => cidrContains(network, candidate));
  const [first, ...others] = parsed;
  const choice = first?.text === textOf(address) ? [first] : [];
  const rest = choice.length > 0 ? others : parsed;
  const byFamily = [...rest.filter(({ family }) => family === 4), ...rest.filter(({ family }) => family === 6)];
  const ordered = [...parsed.filter(isOnLink), ...choice, ...byFamily];
  return [...new Set(ordered.map(({ text }) => text))];
}

function textOf(address: string): string | null {
  const parsed = parseAddress(address);
  return parsed.ok ? parsed.value.text : null;
}
