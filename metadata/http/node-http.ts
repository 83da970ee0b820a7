import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http } from '../../system/index.ts';
import { IDLE_TIMEOUT_MS, KEEP_ALIVE_MS } from './plain-connection.ts';
import { badRequestReply, NO_PAGE, plainReply, type Reply } from './reply.ts';
import { formatLastReply } from './reply-bytes.ts';
import { type ReceivedRequest, readNodeRequest, readRefusedRequest } from './request.ts';

/** A client has this long to send a whole request. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;

type Respond = (request: ReceivedRequest) => Promise<Reply>;

/**
 * An HTTP server that limits everything a client can do. It answers what is not HTTP with a 4xx and ends the connection.
 * `respond` never rejects.
 */
export function createHttpServer(respond: Respond): Server {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    sendReply(request, response, await respond(readNodeRequest(request, response)));
  const server = http.createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // `respond` checks the header, and answers in the words of the original.
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

/** A request with another method than GET or HEAD ends its connection, so that the server does not read its body. */
function sendReply({ method }: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(body);
  const close = method === 'GET' || method === 'HEAD' ? {} : { Connection: 'close' };
  const length = status === 304 ? {} : { 'Content-Length': bytes.length };
  response.writeHead(status, { ...headers, ...close, ...length });
  response.end(method === 'HEAD' ? undefined : bytes);
}

type RefusedRequest = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

async function refuse({ code, rawPacket }: RefusedRequest, socket: Socket, respond: Respond): Promise<void> {
  const request = code === 'HPE_INVALID_URL' && rawPacket ? readRefusedRequest(rawPacket, socket) : null;
  if (request === null) endWith(socket, refusalOf(code));
  else endWith(socket, await respond(request), request.method === 'HEAD');
}

function refusalOf(code: string | undefined): Reply | null {
  if (code === 'HPE_INVALID_METHOD') return NO_PAGE;
  if (code === 'HPE_HEADER_OVERFLOW') return plainReply(431, '431 Request Header Fields Too Large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return plainReply(408, '408 Request Timeout');
  return code?.startsWith('HPE_') ? badRequestReply() : null;
}

/** Sends a reply without Node's parser, which does not go on after an error, and ends the connection. */
function endWith(socket: Socket, reply: Reply | null, isHead = false): void {
  socket.on('error', () => socket.destroy());
  if (reply === null || !socket.writable) socket.destroy();
  else socket.end(formatLastReply(reply, { isHead }), () => socket.destroy());
}
