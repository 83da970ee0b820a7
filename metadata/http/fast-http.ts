import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../system/index.ts';
import { parsePlainRequest } from './plain-request.ts';
import type { Reply } from './reply.ts';
import { endsConnection, replyBytes, withDate } from './reply-bytes.ts';
import type { ReplyCache } from './reply-cache.ts';
import { type Asked, tellsGone } from './request.ts';

export interface FastHttpParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly cache: ReplyCache;
  /** Never rejects. */
  readonly respond: (asked: Asked) => Promise<Reply>;
  /** A request that was answered from the cache. */
  readonly onCached: () => void;
}

/** Longer than the longest long poll: a connection on which nothing moves is closed. */
export const IDLE_TIMEOUT_MS = 130_000;
const KEEP_ALIVE_SECONDS = 120;
/** The longest packet that is looked at for a plain request. */
const MAX_PACKET = 4_096;
/** What is answered anew each time: a long poll, and what reads from a state that is kept. */
const NOT_KEPT = /[?&](wait|snapshot)=/;

/**
 * Answers plain requests before the HTTP library sees their connection, from bytes that were sent before where the state
 * is the same; at the first request that is not plain, the connection goes to the library for good.
 */
export function addFastHttp(server: Server, parts: FastHttpParts): Server {
  const [library] = server.listeners('connection') as [(socket: Socket) => void];
  server.removeListener('connection', library);
  const date = createDate(parts.clock);
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (socket.destroyed) return;
    open.add(socket);
    const leave = (): void => void open.delete(socket);
    socket.once('close', leave);
    socket.setTimeout(IDLE_TIMEOUT_MS);
    const isClosing = () => !server.listening;
    serveConnection(socket, { ...parts, date, isClosing }, (packet) => {
      leave();
      socket.removeListener('close', leave);
      library.call(server, socket);
      socket.unshift(packet);
    });
  });
  const { closeIdleConnections, closeAllConnections } = server;
  server.closeIdleConnections = () => {
    for (const socket of open) if (!isBusy(socket)) socket.destroy();
    closeIdleConnections.call(server);
  };
  server.closeAllConnections = () => {
    for (const socket of open) socket.destroy();
    closeAllConnections.call(server);
  };
  return server;
}

const busy = Symbol('waits for a reply');
type Marked = Socket & { [busy]?: boolean };

function isBusy(socket: Marked): boolean {
  return socket[busy] === true || socket.writableLength > 0;
}

function serveConnection(
  socket: Marked,
  {
    cache,
    respond,
    onCached,
    date,
    isClosing,
  }: FastHttpParts & { readonly date: () => string; readonly isClosing: () => boolean },
  handOver: (packet: Buffer) => void,
): void {
  /** What comes while a reply is not ready: a client that does not wait for it is the library's. */
  let early: Buffer[] = [];
  const end = (): void => void socket.end();
  const fail = (): void => void socket.destroy();
  const giveUp = (packet: Buffer): void => {
    socket.removeListener('data', read);
    socket.removeListener('end', end);
    socket.removeListener('error', fail);
    socket.removeListener('timeout', fail);
    handOver(packet);
  };
  const answer = async (asked: Asked, key: string | null): Promise<void> => {
    const state = cache.state();
    socket[busy] = true;
    const made = await respond(asked);
    const reply = replyBytes(made, KEEP_ALIVE_SECONDS);
    const isLast = endsConnection(made.headers);
    socket[busy] = false;
    if (socket.destroyed) return;
    if (key !== null && !isLast) cache.put(key, reply, state);
    socket.write(withDate(reply, date()));
    if (isLast || isClosing()) socket.end();
    if (early.length === 0) return;
    const packet = Buffer.concat(early);
    early = [];
    giveUp(packet);
  };
  const read = (packet: Buffer): void => {
    if (socket[busy] === true) {
      early.push(packet);
      if (early.length > 16) socket.destroy();
      return;
    }
    const text = packet.length > MAX_PACKET ? '' : packet.toString('latin1');
    const key = `${socket.remoteAddress} ${text}`;
    const kept = cache.get(key);
    if (kept !== undefined) {
      onCached();
      // Not copied, although it may have to wait until it is sent: at worst its date is newer then.
      socket.write(withDate(kept, date()));
      return;
    }
    const request = parsePlainRequest(text);
    if (request === null) giveUp(packet);
    else void answer(askedOn(socket, request), NOT_KEPT.test(request.target) ? null : key);
  };
  socket.on('data', read);
  socket.on('end', end);
  socket.on('error', fail);
  socket.on('timeout', fail);
}

function askedOn(socket: Socket, request: NonNullable<ReturnType<typeof parsePlainRequest>>): Asked {
  return { ...request, peer: socket.remoteAddress ?? '', onGone: tellsGone(socket) };
}

/** The date of replies, made once a second. */
function createDate({ now }: Pick<Clock, 'now'>): () => string {
  let second = 0;
  let text = '';
  return () => {
    const current = Math.floor(now() / 1_000);
    if (current !== second) {
      second = current;
      text = new Date(current * 1_000).toUTCString();
    }
    return text;
  };
}
