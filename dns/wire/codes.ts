import { Packet } from './dns2.ts';

export const HEADER_SIZE = 12;

/** Record types by name [RFC 1035 §3.2.2]. */
export const TYPE = Packet.TYPE;

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
