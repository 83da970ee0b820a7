import { type Address, addressOf } from './address.ts';
import { type DnsName, dnsNameLabels } from './dns-name.ts';

const ZONES = { 4: '.in-addr.arpa.', 6: '.ip6.arpa.' } as const;

/** The owner name of an address's PTR records: `5.0.42.10.in-addr.arpa.` [RFC 1035 §3.5, RFC 3596 §2.5]. */
export function formatReverseName({ family, value, text }: Address): DnsName {
  const parts = family === 4 ? text.split('.') : [...value.toString(16).padStart(32, '0')];
  return `${parts.reverse().join('.')}${ZONES[family]}`;
}

/** The address of a reverse name; null for every other name, also for a name with fewer labels. */
export function parseReverseName(name: DnsName): Address | null {
  const labels = [...dnsNameLabels(name)].reverse();
  const address = name.endsWith(ZONES[4])
    ? addressOf(4, numberOf(labels.slice(2), 8n, 10) & 0xffffffffn)
    : name.endsWith(ZONES[6])
      ? addressOf(6, numberOf(labels.slice(2), 4n, 16) & ((1n << 128n) - 1n))
      : null;
  return address && formatReverseName(address) === name ? address : null;
}

/** Invalid text gives some number; the caller formats the address again and compares. */
function numberOf(labels: readonly string[], bits: bigint, radix: number): bigint {
  return labels.reduce((value, label) => (value << bits) | BigInt(Number.parseInt(label, radix) || 0), 0n);
}
