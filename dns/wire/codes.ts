import { Packet } from './dns2.ts';

export const HEADER_SIZE = 12;

const { EDNS: OPT, ...DNS2_TYPES } = Packet.TYPE;

/** Record types by name [RFC 1035 §3.2.2], with those that dns2 lacks [RFC 9460, RFC 3403, RFC 4034, RFC 6698, RFC 7344]. */
export const TYPE = {
  ...DNS2_TYPES,
  OPT,
  NAPTR: 35,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  NSEC: 47,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
} as const;

/** Response codes by name [RFC 1035 §4.1.1, RFC 6891 §9]. */
export const RCODE = Packet.RCODE;

export const CLASS_IN = Packet.CLASS.IN;

/** The first of two names for one code: 16 is BADVERS here, not BADSIG. */
const RCODE_NAMES = new Map(
  Object.entries(RCODE)
    .map(([name, code]) => [code as number, name] as const)
    .reverse(),
);

/** For metrics and logs. */
export function rcodeName(code: number): string {
  return RCODE_NAMES.get(code) ?? `RCODE${code}`;
}
