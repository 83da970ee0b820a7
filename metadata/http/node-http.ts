import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http } from '../../system/index.ts';
import { IDLE_TIMEOUT_MS } from './fast-http.ts';
import { badRequestReply, NO_PAGE, plainReply, type Reply } from './reply.ts';
import { type Asked, askedBy, askedInPacket } from './request.ts';

/** A client gets this long to send a whole request. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;

/**
 * An HTTP server with bounds on everything a client can do; what is no HTTP gets a 4xx and the end of its connection.
 * `respond` never rejects.
 */
export function createHttpServer(respond: (asked: Asked) => Promise<Reply>): Server {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    sendReply(request, response, await respond(askedBy(request, response)));
  const server = http.createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 120_000,
      // We check it ourselves, for the original's words.
      requireHostHeader: false,
      noDelay: true,
    },
    (request, response) => void serve(request, response),
  );
  server.setTimeout(IDLE_TIMEOUT_MS);
  server.on('clientError', (error: RefusedRequest, socket) => void refuse(error, socket as Socket, respond));
  server.on('connect', (_request, socket) => endWith(socket as Socket, NO_PAGE));
  return server;
}

/** A request with another method ends its connection, so that no body is read for nothing. */
function sendReply({ method }: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(body);
  const close = method === 'GET' || method === 'HEAD' ? {} : { Connection: 'close' };
  const length = status === 304 ? {} : { 'Content-Length': bytes.length };
  response.writeHead(status, { ...headers, ...close, ...length });
  response.end(method === 'HEAD' ? undefined : bytes);
}

type RefusedRequest = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

async function refuse(error: RefusedRequest, socket: Socket, respond: (asked: Asked) => Promise<Reply>): Promise<void> {
  const { code, rawPacket } = error;
  const asked =
    code === 'HPE_INVALID_URL' && rawPacket ? askedInPacket(rawPacket, socket, socket.remoteAddress ?? '') : null;
  if (asked === null) endWith(socket, refusalOf(code));
  else endWith(socket, await respond(asked), asked.method === 'HEAD');
}

function refusalOf(code: string | undefined): Reply | null {
  if (code === 'HPE_INVALID_METHOD') return NO_PAGE;
  if (code === 'HPE_HEADER_OVERFLOW') return plainReply(431, '431 Request Header Fields Too Large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return plainReply(408, '408 Request Timeout');
  return code?.startsWith('HPE_') ? badRequestReply() : null;
}

/** Writes a reply past Node's parser, which has given up on this connection, and ends it. */
function endWith(socket: Socket, reply: Reply | null, isHead = false): void {
  socket.on('error', () => socket.destroy());
  if (reply === null || !socket.writable) {
    socket.destroy();
    return;
  }
  const headers = { ...reply.headers, Connection: 'close', 'Content-Length': String(Buffer.byteLength(reply.body)) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${reply.status} ${http.STATUS_CODES[reply.status]}\r\n${lines.join('')}\r\n`;
  socket.end(isHead ? head : head + reply.body, () => socket.destroy());
}
