import { isIP } from 'node:net';
import { plainAddress } from '../../model/index.ts';

/** The zones of reverse names, for the SOA of negative answers. */
export type ReverseZone = 'in-addr.arpa.' | 'ip6.arpa.';

export interface ReverseRange {
  readonly first: string;
  readonly last: string;
  readonly zone: ReverseZone;
}

/** The address of a complete reverse name (lower case, no trailing dot); null for other names. */
export function reverseAddress(name: string): { readonly address: string; readonly zone: ReverseZone } | null {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (v4) {
    const octets = v4.slice(1).reverse();
    const valid = octets.every((octet) => Number(octet) <= 255 && String(Number(octet)) === octet);
    return valid ? { address: octets.join('.'), zone: 'in-addr.arpa.' } : null;
  }
  if (!/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return null;
  const digits = name.slice(0, 63).split('.').reverse().join('');
  const groups = digits.match(/.{4}/g) ?? [];
  return { address: compressed(groups.map((group) => Number.parseInt(group, 16))), zone: 'ip6.arpa.' };
}

/** An address as a name: `nslookup -type=ptr 10.42.1.1` of busybox asks for it as it is. */
export function literalAddress(name: string): { readonly address: string; readonly zone: '.' } | null {
  return isIP(name) === 0 ? null : { address: plainAddress(name), zone: '.' };
}

/** The first and last address below an incomplete reverse name (`2.0.10.in-addr.arpa`); null for other names. */
export function reverseRange(name: string): ReverseRange | null {
  const parts = /^(?:((?:\d{1,3}\.){1,3})in-addr|((?:[0-9a-f]\.){1,31})ip6)\.arpa$/.exec(name);
  if (!parts) return null;
  const [, v4, v6 = ''] = parts;
  const [missing, highest] = v4 === undefined ? [32 - v6.length / 2, 'f.'] : [4 - (v4.split('.').length - 1), '255.'];
  const first = reverseAddress('0.'.repeat(missing) + name);
  const last = reverseAddress(highest.repeat(missing) + name);
  return first && last && { first: first.address, last: last.address, zone: first.zone };
}

/** Canonical IPv6 text [RFC 5952]. */
function compressed(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = text.match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  return text.replace(new RegExp(`(^|:)${longest}(:|$)`), '::');
}
