import { RCODE } from '../codes.ts';

/** The content of a client's OPT record [RFC 6891 §6.1.2]. */
export interface ClientEdns {
  /** Largest UDP payload it accepts, as sent. */
  readonly payloadSize: number;
  /** DO: DNSSEC records wanted [RFC 3225]. */
  readonly dnssecOk: boolean;
  /** COOKIE option: 8 bytes of the client, optionally followed by 8 to 32 bytes of a server [RFC 7873 §4]. */
  readonly cookie: Buffer | null;
  /** The client asks how long the connection may stay idle [RFC 7828]. */
  readonly keepAlive: boolean;
}

export interface EdnsRead {
  readonly edns: ClientEdns;
  /** NOERROR, or the code to refuse the query with. */
  readonly rcode: number;
}

export const OPTION_COOKIE = 10;
export const OPTION_KEEPALIVE = 11;

/** Reads the OPT record whose fixed part (after the owner) begins at `at`; its data ends at `end`, within the message. */
export function readEdns(bytes: Buffer, at: number, end: number): EdnsRead {
  const edns = {
    payloadSize: bytes.readUInt16BE(at + 2),
    dnssecOk: (bytes.readUInt8(at + 6) & 0x80) !== 0,
    cookie: null as Buffer | null,
    keepAlive: false,
  };
  // Options of other versions may have another meaning.
  if (bytes.readUInt8(at + 5) !== 0) return { edns, rcode: RCODE.BADVERS };
  for (let option = at + 10; option < end; ) {
    const data = option + 4;
    const next = data > end ? data : data + bytes.readUInt16BE(option + 2);
    if (next > end) return { edns, rcode: RCODE.FORMERR };
    const code = bytes.readUInt16BE(option);
    // Only the first cookie counts [RFC 7873 §5.2].
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
