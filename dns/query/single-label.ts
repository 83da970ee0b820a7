import { TYPE } from '../wire/codes.ts';

/**
 * Types that describe a zone, prove what it contains, or are looked for at each of its parents [RFC 1035 §3.3, RFC 4034, RFC 7344,
 * RFC 8659]. Hosts and services have none of them.
 */
const ABOUT_ZONES: ReadonlySet<number> = new Set([
  TYPE.NS,
  TYPE.SOA,
  TYPE.DNAME,
  TYPE.DS,
  TYPE.RRSIG,
  TYPE.NSEC,
  TYPE.DNSKEY,
  TYPE.NSEC3,
  TYPE.NSEC3PARAM,
  TYPE.CDS,
  TYPE.CDNSKEY,
  TYPE.CSYNC,
  TYPE.ZONEMD,
  TYPE.CAA,
]);

/**
 * Whether a question is about a top-level domain, and not about a short name of ours. A validating resolver needs the keys and name
 * servers of `app`, even if a service is called `app` [RFC 4035 §4.2]. The name has no trailing dot.
 */
export function isAboutTopLevel(name: string, type: number): boolean {
  return name !== '' && !name.includes('.') && ABOUT_ZONES.has(type);
}
