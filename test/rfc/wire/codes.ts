/** Numbers from the registries, deliberately not imported from the server. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  DNSKEY: 48,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

export const CLASS = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const;

/** Bits of the header's second 16-bit word [RFC 1035 §4.1.1, RFC 4035 §3.2]. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, Z: 0x0040, AD: 0x0020, CD: 0x0010 };

/** EDNS option codes. */
export const OPTION = { NSID: 3, CLIENT_SUBNET: 8, COOKIE: 10, PADDING: 12, EDE: 15, PRIVATE: 65_001 } as const;

/** `NXDOMAIN`, or `rcode 11`, for assertion messages. */
export function rcodeText(code: number): string {
  return Object.entries(RCODE).find(([, value]) => value === code)?.[0] ?? `rcode ${code}`;
}
