import type { Socket } from 'node:net';
import type { Reply } from './reply.ts';
import { closesConnection, encodeReply, withDate } from './reply-bytes.ts';
import type { ReplyCache } from './reply-cache.ts';
import { type ReceivedRequest, readPlainRequest } from './request.ts';

export interface PlainConnectionParts {
  readonly cache: ReplyCache;
  /** Never rejects. */
  readonly respond: (request: ReceivedRequest) => Promise<Reply>;
  /** Called for each request that is answered from the cache. */
  readonly onCached: () => void;
  /** The present date as replies show it. */
  readonly date: () => string;
  /** Whether a connection stays open after a reply. */
  readonly keepsAlive: () => boolean;
}

/** A connection that the HTTP library does not see. */
export interface PlainConnection {
  /** Whether a reply is due or not sent completely. */
  isBusy(): boolean;
}

/** Longer than the longest long poll. A connection without traffic for this long is closed. */
export const IDLE_TIMEOUT_MS = 130_000;
export const KEEP_ALIVE_MS = 120_000;
const MAX_PACKET_BYTES = 4_096;
/** Packets that a client may send before it has the reply to its request. */
const MAX_EARLY_PACKETS = 16;
/** Long polls and reads from a pinned state are never cached. */
const NOT_CACHED = /[?&](wait|snapshot)=/;

/**
 * Answers plain requests without the HTTP library, which costs more than the answer itself. At the first request that is not
 * plain, `handOver` moves the connection to the library for good, with the bytes that are not answered yet.
 */
export function servePlainConnection(
  socket: Socket,
  { cache, respond, onCached, date, keepsAlive }: PlainConnectionParts,
  handOver: (unread: Buffer) => void,
): PlainConnection {
  let isResponding = false;
  let early: Buffer[] = [];
  const answer = async (request: ReceivedRequest, key: string): Promise<void> => {
    const replies = cache.current();
    isResponding = true;
    const reply = await respond(request);
    isResponding = false;
    if (socket.destroyed) return;
    const bytes = encodeReply(reply, KEEP_ALIVE_MS / 1_000);
    if (!NOT_CACHED.test(request.target) && !closesConnection(reply)) replies.put(key, bytes);
    socket.write(withDate(bytes, date()));
    if (closesConnection(reply) || !keepsAlive()) socket.end();
    if (early.length > 0) leave(Buffer.concat(early));
  };
  const read = (packet: Buffer): void => {
    if (isResponding) {
      early.push(packet);
      if (early.length > MAX_EARLY_PACKETS) socket.destroy();
      return;
    }
    const text = packet.length > MAX_PACKET_BYTES ? '' : packet.toString('latin1');
    const key = `${socket.remoteAddress} ${text}`;
    const cached = cache.current().get(key);
    if (cached !== undefined) {
      onCached();
      // Not copied, although the socket may send it later: at worst the reply then has a newer date.
      socket.write(withDate(cached, date()));
      return;
    }
    const request = readPlainRequest(text, socket);
    if (request === null) leave(packet);
    else void answer(request, key);
  };
  const listeners = {
    data: read,
    end: () => void socket.end(),
    error: () => void socket.destroy(),
    timeout: () => void socket.destroy(),
  };
  const leave = (unread: Buffer): void => {
    early = [];
    for (const [event, listener] of Object.entries(listeners)) socket.removeListener(event, listener);
    handOver(unread);
  };
  socket.setTimeout(IDLE_TIMEOUT_MS);
  for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
  return { isBusy: () => isResponding || socket.writableLength > 0 };
}
