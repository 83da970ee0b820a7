import type { Resource } from 'dns2';
import { CLASS_IN, TYPE } from '../codes.ts';

/** A record in the form that dns2 encodes. The trailing dot of names is optional. */
export type DnsRecord = Omit<Resource, 'toBuffer'>;

/** An address record of either family. */
export function addressRecord(name: string, type: number, ttl: number, address: string): DnsRecord {
  return { name, type, class: CLASS_IN, ttl, address };
}

/** CNAME or PTR. */
export function domainRecord(name: string, type: number, ttl: number, domain: string): DnsRecord {
  return { name, type, class: CLASS_IN, ttl, domain };
}

export function nameServerRecord(name: string, ttl: number, server: string): DnsRecord {
  return { name, type: TYPE.NS, class: CLASS_IN, ttl, ns: server };
}

export function serviceRecord(
  name: string,
  ttl: number,
  service: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string },
): DnsRecord {
  return { name, type: TYPE.SRV, class: CLASS_IN, ttl, ...service };
}

/** One record; the text is split into strings of 255 octets [RFC 1035 §3.3.14], which dns2 does not do. */
export function textRecord(name: string, ttl: number, text: string): DnsRecord {
  const bytes = Buffer.from(text);
  const strings = Array.from({ length: Math.max(1, Math.ceil(bytes.length / 255)) }, (_, at) =>
    bytes.subarray(at * 255, (at + 1) * 255),
  );
  // dns2's encoder also accepts buffers, contrary to its types.
  return { name, type: TYPE.TXT, class: CLASS_IN, ttl, data: strings as unknown as string[] };
}

/** The answer to ANY: the name exists [RFC 8482 §4.2]. */
export function anythingRecord(name: string, ttl: number): DnsRecord {
  const data = Buffer.from('\x07RFC8482\x00', 'latin1');
  // dns2 writes `data` unchanged for types without an encoder, contrary to its types.
  return { name, type: TYPE.HINFO, class: CLASS_IN, ttl, data: data as unknown as string[] };
}

/** A missing name may appear at any moment, so negative answers are cached for at most this long. */
const MAX_NEGATIVE_TTL = 1;

/** The SOA of a zone of ours; its minimum is the negative TTL [RFC 2308 §4]. */
export function soaRecord(zone: string, primary: string, serial: number, ttl: number): DnsRecord {
  const minimum = Math.min(ttl, MAX_NEGATIVE_TTL);
  return {
    name: zone,
    type: TYPE.SOA,
    class: CLASS_IN,
    ttl: minimum,
    primary,
    admin: `hostmaster.${primary}`,
    serial: serial >>> 0,
    refresh: 60,
    retry: 10,
    expiration: 86_400,
    minimum,
  };
}
