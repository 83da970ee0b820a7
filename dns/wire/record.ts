import type { Resource } from 'dns2';
import { CLASS_IN, TYPE } from './codes.ts';

/** A record as dns2 encodes it. Names absolute or not, that makes no difference to it. */
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

/** One record of as many strings of 255 octets as the text takes [RFC 1035 §3.3.14]; dns2 would not cut it. */
export function textRecord(name: string, ttl: number, text: string): DnsRecord {
  const bytes = Buffer.from(text);
  const strings = Array.from({ length: Math.max(1, Math.ceil(bytes.length / 255)) }, (_, at) =>
    bytes.subarray(at * 255, (at + 1) * 255),
  );
  // dns2's encoder takes buffers too, which its types do not say.
  return { name, type: TYPE.TXT, class: CLASS_IN, ttl, data: strings as unknown as string[] };
}

/** What ANY is answered with: that there is something, and no more [RFC 8482 §4.2]. */
export function anythingRecord(name: string, ttl: number): DnsRecord {
  const data = Buffer.from('\x07RFC8482\x00', 'latin1');
  // dns2 writes what it has no encoder for as it stands in `data`, which its types do not say.
  return { name, type: TYPE.HINFO, class: CLASS_IN, ttl, data: data as unknown as string[] };
}

/** A name that was just missing may appear at any moment: nobody is to remember a "no" for longer. */
const MAX_NEGATIVE_TTL = 1;

/** The SOA of a zone of ours; its minimum is how long a "no" may be remembered [RFC 2308 §4]. */
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
