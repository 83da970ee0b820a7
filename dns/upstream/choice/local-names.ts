import { TYPE } from '../../wire/codes.ts';
import { suffixesOf, wireName } from '../message/records.ts';

/** How a name is answered without asking an upstream. */
export type LocalMeaning =
  /** The loopback address. */
  | { readonly kind: 'localhost'; readonly zone: string }
  /** No such name. */
  | { readonly kind: 'nxdomain'; readonly zone: string }
  /** The name exists without records. */
  | { readonly kind: 'nodata'; readonly zone: string }
  /** The reverse name of a private address: only a resolver of this site can know it. */
  | { readonly kind: 'site'; readonly zone: string };

/**
 * Names that are never forwarded to a public resolver, because they mean the same everywhere or have a meaning at one site
 * only; null for all others. Forwarding rules take precedence. `local` and `home.arpa` are not included: the resolvers of many
 * sites serve them.
 */
export function localMeaning(name: string): LocalMeaning | null {
  for (const zone of suffixesOf(name)) {
    const kind = ZONES.get(zone);
    if (kind) return { kind, zone };
  }
  return null;
}

const NXDOMAIN = [
  // Special-use names [RFC 6761 §6.2, §6.4; RFC 7686 §2; RFC 9476 §3].
  'test invalid onion alt',
  // Reverse names of reserved addresses [RFC 6303 §4].
  '0.in-addr.arpa 127.in-addr.arpa 254.169.in-addr.arpa 2.0.192.in-addr.arpa 100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa 255.255.255.255.in-addr.arpa 8.b.d.0.1.0.0.2.ip6.arpa',
  '8.e.f.ip6.arpa 9.e.f.ip6.arpa a.e.f.ip6.arpa b.e.f.ip6.arpa',
  `${'0.'.repeat(32)}ip6.arpa`,
];

/** Private addresses [RFC 6303 §4.1, §4.4; RFC 7793 §4]. */
const SITE = [
  '10.in-addr.arpa 168.192.in-addr.arpa d.f.ip6.arpa c.f.ip6.arpa',
  ...Array.from({ length: 16 }, (_, n) => `${16 + n}.172.in-addr.arpa`),
  ...Array.from({ length: 64 }, (_, n) => `${64 + n}.100.in-addr.arpa`),
];

const LOCALHOST = ['localhost', '1.0.0.127.in-addr.arpa', `1.${'0.'.repeat(31)}ip6.arpa`];

const zonesOf = (kind: LocalMeaning['kind'], lists: readonly string[]) =>
  lists.flatMap((list) => list.split(' ')).map((zone) => [wireName(zone), kind] as const);

const ZONES: ReadonlyMap<string, LocalMeaning['kind']> = new Map([
  ...zonesOf('localhost', LOCALHOST),
  // Discovery of encrypted resolvers: they would not know our names [RFC 9462 §6.1].
  ...zonesOf('nodata', ['resolver.arpa']),
  ...zonesOf('nxdomain', NXDOMAIN),
  ...zonesOf('site', SITE),
]);

/** The record data of a localhost name [RFC 6761 §6.3]; null: none of this type. */
export function localhostData(name: string, type: number): Buffer | null {
  const isReverse = name.endsWith(wireName('arpa'));
  if (isReverse) return type === TYPE.PTR ? Buffer.from(wireName('localhost'), 'latin1') : null;
  if (type === TYPE.A) return Buffer.from([127, 0, 0, 1]);
  return type === TYPE.AAAA ? Buffer.from([...new Uint8Array(15), 1]) : null;
}
