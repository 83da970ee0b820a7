import { type Cidr, parseCidr } from '../model/index.ts';

/** An IPv4 range from its canonical text; null for anything else: the managed network is IPv4 only. */
export function parseIpv4Cidr(text: string): Cidr | null {
  const parsed = parseCidr(text);
  return parsed.ok && parsed.value.family === 4 ? parsed.value : null;
}
