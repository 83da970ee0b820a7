import { isIP } from 'node:net';

/** A network prefix, ready to be compared with addresses. */
export interface Subnet {
  readonly cidr: string;
  /** 32 or 128: which family. */
  readonly bits: 32 | 128;
  readonly prefix: bigint;
  readonly length: number;
}

/** Null for what is not a CIDR. */
export function parseSubnet(cidr: string): Subnet | null {
  const [address = '', length = '', ...rest] = cidr.split('/');
  const number = addressNumber(address);
  if (number === null || rest.length > 0 || !/^\d{1,3}$/.test(length)) return null;
  const bits = isIP(address) === 4 ? 32 : 128;
  if (Number(length) > bits) return null;
  const shift = BigInt(bits - Number(length));
  return { cidr, bits, prefix: number >> shift, length: Number(length) };
}

export function subnetContains(subnet: Subnet, address: string): boolean {
  const number = addressNumber(address);
  if (number === null || (isIP(address) === 4 ? 32 : 128) !== subnet.bits) return false;
  return number >> BigInt(subnet.bits - subnet.length) === subnet.prefix;
}

/** The plain form of an address as a dual-stack socket shows it: `::ffff:10.1.2.3` is `10.1.2.3`. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address.toLowerCase();
}

function addressNumber(address: string): bigint | null {
  const family = isIP(address);
  if (family === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  if (family !== 6 || address.includes('%')) return null;
  return ipv6Groups(address).reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}

function ipv6Groups(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted ? `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}` : address;
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function pair(high: string | undefined, low: string | undefined): string {
  return ((Number(high) << 8) | Number(low)).toString(16);
}
