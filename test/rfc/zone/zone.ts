/**
 * The names that every server of these tests answers itself. Each server gets them in its own form
 * (`servers/`); the tests query no other names below these suffixes.
 */
export const ZONE = 'rancher.internal.';
export const REVERSE_ZONE = '42.10.in-addr.arpa.';
/** TTL of every record and of every negative answer [RFC 2308 §4]. */
export const ZONE_TTL = 1;

/** A service of a stack, with an address for each endpoint. */
export interface Service {
  readonly name: string;
  readonly stack: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** The TCP port in its SRV records: by number, as `http`, and by the name of the service. */
  readonly port: number | null;
}

export interface Alias {
  readonly name: string;
  readonly stack: string;
  /** Absolute. */
  readonly target: string;
}

const service = (name: string, ipv4: readonly string[], more: Partial<Service> = {}): Service => {
  return { name, stack: 'shop', ipv4, ipv6: [], port: null, ...more };
};

const BIG = 80;

export const SERVICES: readonly Service[] = [
  service('web', ['10.42.1.1', '10.42.1.2', '10.42.1.3'], { port: 8080 }),
  service('dual', ['10.42.1.4'], { ipv6: ['2001:db8::4'] }),
  service('six', [], { ipv6: ['2001:db8::6', '2001:db8::7'] }),
  /** Too many for 512 and 1,232 octets, but not for 4,096. */
  service(
    'big',
    Array.from({ length: BIG }, (_, n) => `10.42.3.${n + 1}`),
  ),
  /** Exists without addresses. */
  service('empty', []),
];

/** The domain of the external names, which the scripted upstream of each test answers. */
export const OUTSIDE = 'upstream.example.';

export const ALIASES: readonly Alias[] = [
  { name: 'alias', stack: 'shop', target: `web.shop.${ZONE}` },
  { name: 'chain', stack: 'shop', target: `alias.shop.${ZONE}` },
  { name: 'to-nothing', stack: 'shop', target: `nosuch.shop.${ZONE}` },
  { name: 'to-empty', stack: 'shop', target: `empty.shop.${ZONE}` },
  { name: 'circle', stack: 'shop', target: `elcric.shop.${ZONE}` },
  { name: 'elcric', stack: 'shop', target: `circle.shop.${ZONE}` },
  { name: 'abroad', stack: 'shop', target: `abroad.${OUTSIDE}` },
];

/** Address -> the container that has it. */
export function endpointName({ name, stack }: Service, index: number): string {
  return `${stack}-${name}-${index + 1}.${ZONE}`;
}

export interface Text {
  readonly name: string;
  readonly stack: string;
  readonly texts: readonly string[];
}

export const TEXTS: readonly Text[] = [{ name: 'note', stack: 'shop', texts: ['built on a Tuesday'] }];

/** For servers with wildcards, the example of RFC 4592 §2.2.1 in short: everything below `wild` except existing names. */
export const WILDCARDS: readonly string[] = [
  `*.wild.${ZONE} A 10.42.9.9`,
  `there.wild.${ZONE} TXT "here"`,
  `deep.inner.wild.${ZONE} A 10.42.9.8`,
];
