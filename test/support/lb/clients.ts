import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Echo } from './upstreams.ts';

export interface Ask {
  readonly port: number;
  readonly address?: string;
  /** In the Host header, and for TLS as the name of the server. Null: no Host header. */
  readonly host: string | null;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A list is sent in chunks, without a length. */
  readonly body?: string | readonly string[];
  readonly tls?: boolean;
  readonly localAddress?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One HTTP/1.1 request on a connection of its own. */
export async function ask({
  port,
  address = '127.0.0.1',
  host,
  path = '/',
  method = 'GET',
  ...more
}: Ask): Promise<Answer> {
  const { headers = {}, body = '', tls = false, localAddress } = more;
  const send = tls ? requestHttps : request;
  const name = host?.replace(/:\d+$/, '') ?? '';
  const sent = send({
    host: address,
    port,
    path,
    method,
    agent: false,
    setHost: false,
    headers: { ...(host !== null && { Host: host }), ...headers } as Record<string, string>,
    ...(localAddress !== undefined && { localAddress }),
    ...(tls && { rejectUnauthorized: false, servername: name }),
  });
  const answered = once(sent, 'response', { signal: AbortSignal.timeout(20_000) });
  if (typeof body === 'string') sent.end(body);
  else {
    for (const part of body) sent.write(part);
    sent.end();
  }
  const [response] = (await answered) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  return { status: response.statusCode ?? 0, headers: response.headers, body: text.toString('utf8') };
}

/** What the server behind HAProxy received. */
export async function askEcho(order: Ask): Promise<Echo> {
  const { status, body } = await ask(order);
  if (status !== 200) throw new Error(`status ${status}: ${body}`);
  return JSON.parse(body) as Echo;
}

/** Values of a header, in their order. */
export function headerOf({ headers }: Echo, name: string): readonly string[] {
  return headers.flatMap(([one, value]) => (one === name ? [value] : []));
}

export interface Http2Answer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** One HTTP/2 request; `authority` is `http://…` (without TLS) or `https://…`. */
export async function askHttp2(
  authority: string,
  headers: Readonly<Record<string, string>>,
  { body = '', serverName = '' }: { readonly body?: string; readonly serverName?: string } = {},
): Promise<Http2Answer> {
  const session = connectHttp2(authority, { rejectUnauthorized: false, servername: serverName });
  try {
    if (headers[':method'] === 'CONNECT') await once(session, 'remoteSettings');
    const stream = session.request(headers, { endStream: false });
    let trailers = {};
    stream.on('trailers', (found) => {
      trailers = found;
    });
    const answered = once(stream, 'response');
    stream.end(body);
    const [received] = (await answered) as [Record<string, unknown>];
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk as string;
    return { headers: received, trailers, body: text };
  } finally {
    session.close();
  }
}

/** A connection on which a test sends bytes of its own; collects what comes back. */
export interface RawClient {
  readonly socket: Socket;
  received(): string;
  isClosed(): boolean;
}

export function openRaw(port: number, socket: Socket = connect(port, '127.0.0.1')): RawClient {
  let text = '';
  let closed = false;
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    closed = true;
  });
  return { socket, received: () => text, isClosed: () => closed };
}
