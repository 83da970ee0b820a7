import type { Client } from '../query/client.ts';
import type { NameSource } from '../query/name-source.ts';
import type { Forwarded } from '../upstream/forwarder.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import type { Cookies } from '../wire/cookies/cookies.ts';
import type { ClientEdns } from '../wire/read/client-edns.ts';
import type { Query, ReadResult } from '../wire/read/query.ts';
import { encodeRefusal, encodeReply, encodeServerFailure, type Fit, type Reply } from '../wire/write/encode.ts';
import { fitForwarded } from '../wire/write/fit-forwarded.ts';
import { replyOptions } from '../wire/write/reply-options.ts';
import { renderAny } from './any.ts';
import { type Asked, type OwnResolution, renderReply } from './render.ts';

/** Encodes replies in the form that the client accepts: size, EDNS options, cookies. */
export interface Replies {
  /** For a resolution of our own: complete, in stable order. */
  own(query: Query, client: Client, resolution: OwnResolution): Buffer;
  /** The records of a resolution of our own. */
  render(query: Asked, resolution: OwnResolution): Reply;
  rendered(query: Query, client: Client, reply: Reply): Buffer;
  /** SERVFAIL if there is no reply. */
  forwarded(query: Query, client: Client, forwarded: Forwarded | null): Buffer;
  failure(query: Query, client: Client): Buffer;
  refusal(message: Buffer, read: ReadResult & { readonly kind: 'refuse' }, client: Client): Buffer;
  /** For a message that only asks about its cookie [RFC 7873 §5.4]. */
  cookieRcode(cookie: Buffer, client: Client): number;
}

export interface RepliesDependencies {
  readonly authority: NameSource['authority'];
  readonly cookies: Cookies;
  /** Whether the packets of a client, by its address, cannot cross another host; default: never known. */
  readonly isSameHost?: (client: string) => boolean;
}

/**
 * Limits without EDNS [RFC 1035 §4.2.1] and over TCP; over UDP with EDNS to other hosts, which no path fragments [RFC 9715 §3.1], and
 * within this host, where the kernel fragments without loss (docs/decisions/0009-dns-wire.md).
 */
const LIMITS = { plain: 512, tcp: 65_535, otherHost: 1_232, sameHost: 65_507 };
const CLIENT_COOKIE_SIZE = 8;

export function createReplies(
  { authority, cookies, isSameHost = () => false }: RepliesDependencies,
  { ttlSeconds, udpPayloadBytes }: { readonly ttlSeconds: number; readonly udpPayloadBytes: number | null },
): Replies {
  const fitFor = (edns: ClientEdns | null, client: Client): Fit => {
    const most = udpPayloadBytes ?? (isSameHost(client.address) ? LIMITS.sameHost : LIMITS.otherHost);
    const udpBytes = Math.max(LIMITS.plain, Math.min(edns?.payloadSize ?? 0, most));
    const limitBytes = client.transport === 'tcp' ? LIMITS.tcp : udpBytes;
    return { limitBytes, transport: client.transport, options: replyOptions(edns, client, cookies) };
  };
  const rendered = (query: Query, client: Client, reply: Reply): Buffer =>
    encodeReply(query, reply, fitFor(query.edns, client));
  const render = (query: Asked, resolution: OwnResolution): Reply => {
    const renderer = query.type === TYPE.ANY ? renderAny : renderReply;
    return renderer(query, resolution, { ...authority(), ttlSeconds });
  };
  const failure = (query: Query, client: Client): Buffer =>
    encodeServerFailure(query, replyOptions(query.edns, client, cookies));
  return {
    rendered,
    failure,
    render,
    own: (query, client, resolution) => rendered(query, client, render(query, resolution)),
    forwarded: (query, client, forwarded) =>
      forwarded ? fitForwarded(query, forwarded.reply, fitFor(query.edns, client)) : failure(query, client),
    refusal: (message, read, client) => encodeRefusal(message, read, replyOptions(read.edns, client, cookies)),
    cookieRcode: (cookie, { address }) => {
      const isRequest = cookie.length === CLIENT_COOKIE_SIZE;
      return isRequest || cookies.isGood(cookie, address) ? RCODE.NOERROR : RCODE.BADCOOKIE;
    },
  };
}
