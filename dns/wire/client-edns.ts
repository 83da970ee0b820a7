import { RCODE } from './codes.ts';

/** What a client says about itself in its OPT record [RFC 6891 §6.1.2]. */
export interface ClientEdns {
  /** What it takes over UDP, as sent. */
  readonly payloadSize: number;
  /** It wants DNSSEC records: DO [RFC 3225]. */
  readonly dnssecOk: boolean;
  /** Its COOKIE option: 8 bytes of its own, then perhaps 8 to 32 that a server gave it [RFC 7873 §4]. */
  readonly cookie: Buffer | null;
  /** It asks how long it may keep the connection [RFC 7828]. */
  readonly keepAlive: boolean;
}

export interface EdnsRead {
  readonly edns: ClientEdns;
  /** NOERROR, or why the query is refused. */
  readonly rcode: number;
}

export const OPTION_COOKIE = 10;
export const OPTION_KEEPALIVE = 11;

/** Reads the OPT record whose fixed part begins at `at`, behind its owner; its data end at `end`, within the message. */
export function readEdns(bytes: Buffer, at: number, end: number): EdnsRead {
  const edns = {
    payloadSize: bytes.readUInt16BE(at + 2),
    dnssecOk: (bytes.readUInt8(at + 6) & 0x80) !== 0,
    cookie: null as Buffer | null,
    keepAlive: false,
  };
  // What another version means by its options, nobody here knows.
  if (bytes.readUInt8(at + 5) !== 0) return { edns, rcode: RCODE.BADVERS };
  for (let option = at + 10; option < end; ) {
    const data = option + 4;
    const next = data > end ? data : data + bytes.readUInt16BE(option + 2);
    if (next > end) return { edns, rcode: RCODE.FORMERR };
    const code = bytes.readUInt16BE(option);
    // Of several cookies the first counts [RFC 7873 §5.2].
    if (code === OPTION_COOKIE && edns.cookie === null) edns.cookie = bytes.subarray(data, next);
    if (code === OPTION_KEEPALIVE && next === data) edns.keepAlive = true;
    option = next;
  }
  if (edns.cookie === null || isCookieLength(edns.cookie.length)) return { edns, rcode: RCODE.NOERROR };
  return { edns: { ...edns, cookie: null }, rcode: RCODE.FORMERR };
}

function isCookieLength(length: number): boolean {
  return length === 8 || (length >= 16 && length <= 40);
}
