import type { Address } from './address.ts';
import type { DnsName } from './dns-name.ts';

const ZONES = { 4: '.in-addr.arpa.', 6: '.ip6.arpa.' } as const;

/** The owner name of an address's PTR records: `5.0.42.10.in-addr.arpa.` [RFC 1035 §3.5, RFC 3596 §2.5]. */
export function formatReverseName({ family, value, text }: Address): DnsName {
  const parts = family === 4 ? text.split('.') : [...value.toString(16).padStart(32, '0')];
  return `${parts.reverse().join('.')}${ZONES[family]}`;
}
