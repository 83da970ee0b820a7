import { addressOf, parseAddress } from '../../model/index.ts';

/** An IPv4 address as the lease file holds it; null for any other text. */
export function addressNumber(text: string): number | null {
  const parsed = parseAddress(text);
  return parsed.ok && parsed.value.family === 4 ? Number(parsed.value.value) : null;
}

/** The dotted form of an address number. */
export function addressText(address: number): string {
  return addressOf(4, BigInt(address)).text;
}
