import { type Address, addressOf } from './address.ts';
import { type DnsName, dnsNameLabels } from './dns-name.ts';

const ZONES = { 4: '.in-addr.arpa.', 6: '.ip6.arpa.' } as const;

/** The name at which PTR records of an address stand: `5.0.42.10.in-addr.arpa.` [RFC 1035 §3.5, RFC 3596 §2.5]. */
export function formatReverseName({ family, value, text }: Address): DnsName {
  const parts = family === 4 ? text.split('.') : [...value.toString(16).padStart(32, '0')];
  return `${parts.reverse().join('.')}${ZONES[family]}`;
}

/** The address a reverse name stands for; null for every other name, also for the name of a part of the tree. */
export function parseReverseName(name: DnsName): Address | null {
  const labels = [...dnsNameLabels(name)].reverse();
  const address = name.endsWith(ZONES[4])
    ? addressOf(4, numberOf(labels.slice(2), 8n, 10) & 0xffffffffn)
    : name.endsWith(ZONES[6])
      ? addressOf(6, numberOf(labels.slice(2), 4n, 16) & ((1n << 128n) - 1n))
      : null;
  return address && formatReverseName(address) === name ? address : null;
}

/** Rubbish gives some number: the caller compares the way back. */
function numberOf(labels: readonly string[], bits: bigint, radix: number): bigint {
  return labels.reduce((value, label) => (value << bits) | BigInt(Number.parseInt(label, radix) || 0), 0n);
}
