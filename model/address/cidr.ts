import { ok, problem, type Result } from '../problem/result.ts';
import { type Address, addressOf, type IpFamily, parseAddress } from './address.ts';

/** A range of addresses. `text` is canonical (`10.42.3.0/24`); equal ranges have equal texts. */
export interface Cidr {
  readonly family: IpFamily;
  /** Number of the first address. */
  readonly first: bigint;
  readonly prefixLength: number;
  readonly text: string;
}

/** Parses a range. An address inside it (`10.42.3.7/24`) is refused; the hint names the range. */
export function parseCidr(text: string): Result<Cidr> {
  const parsed = parseInterfaceCidr(text);
  if (!parsed.ok) return parsed;
  const { address, cidr } = parsed.value;
  if (address.value === cidr.first) return ok(cidr);
  return problem(`range ${JSON.stringify(text)}`, 'has bits beyond its prefix length', `write ${cidr.text}`);
}

/** Parses an address with a prefix length, as of an interface (`10.42.3.7/24`), into the address and its range. */
export function parseInterfaceCidr(text: string): Result<{ readonly address: Address; readonly cidr: Cidr }> {
  const [before = '', after, ...rest] = text.split('/');
  const address = parseAddress(before);
  const subject = () => `range ${JSON.stringify(text.slice(0, 80))}`;
  if (!address.ok || after === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(after)) {
    return problem(subject(), 'is not an address with a prefix length', 'write it like 10.42.0.0/16 or fd00::/64');
  }
  const bits = bitsOf(address.value.family);
  if (Number(after) > bits) return problem(subject(), `has a prefix longer than ${bits}`, `use 0 to ${bits}`);
  return ok({ address: address.value, cidr: cidrOf(address.value, Number(after)) });
}

/** An IPv4 range from its canonical text; null for anything else. */
export function parseIpv4Cidr(text: string): Cidr | null {
  const parsed = parseCidr(text);
  return parsed.ok && parsed.value.family === 4 ? parsed.value : null;
}

/** The range of this prefix length that holds `address`. */
export function cidrOf(address: Address, prefixLength: number): Cidr {
  const shift = BigInt(bitsOf(address.family) - prefixLength);
  const first = (address.value >> shift) << shift;
  return {
    family: address.family,
    first,
    prefixLength,
    text: `${first === address.value ? address.text : addressOf(address.family, first).text}/${prefixLength}`,
  };
}

/** Number of addresses, with the network's own and the broadcast address. */
export function cidrSize({ family, prefixLength }: Cidr): bigint {
  return 1n << BigInt(bitsOf(family) - prefixLength);
}

/** The address `n` after the first (0 is the network's own); null outside the range. */
export function nthAddress(cidr: Cidr, n: number | bigint): Address | null {
  const offset = BigInt(n);
  return offset >= 0n && offset < cidrSize(cidr) ? addressOf(cidr.family, cidr.first + offset) : null;
}

export function cidrContains(cidr: Cidr, address: Address): boolean {
  const offset = address.value - cidr.first;
  return address.family === cidr.family && offset >= 0n && offset < cidrSize(cidr);
}

/** True if the ranges share an address; then one of them contains the other. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first < b.first + cidrSize(b) && b.first < a.first + cidrSize(a);
}

/** True when every address of `inner` is in `outer`. */
export function cidrHolds(outer: Cidr, inner: Cidr): boolean {
  return outer.prefixLength <= inner.prefixLength && cidrsOverlap(outer, inner);
}

/** Number of subnets of `prefixLength` in the range; 0 when they do not fit. */
export function subnetCount(cidr: Cidr, prefixLength: number): bigint {
  if (prefixLength < cidr.prefixLength || prefixLength > bitsOf(cidr.family)) return 0n;
  return 1n << BigInt(prefixLength - cidr.prefixLength);
}

/** The `n`th subnet of `prefixLength`, counted from 0; null outside the range. */
export function nthSubnet(cidr: Cidr, prefixLength: number, n: number | bigint): Cidr | null {
  if (BigInt(n) < 0n || BigInt(n) >= subnetCount(cidr, prefixLength)) return null;
  const size = 1n << BigInt(bitsOf(cidr.family) - prefixLength);
  return cidrOf(addressOf(cidr.family, cidr.first + BigInt(n) * size), prefixLength);
}

function bitsOf(family: IpFamily): number {
  return family === 4 ? 32 : 128;
}
