import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Resources } from '../resources.ts';
import type { ServerCertificate } from '../server-certificate.ts';

/** What an echo server answers: what it received. */
export interface Echo {
  readonly server: string;
  readonly method: string;
  readonly url: string;
  /** As received: names in their order, lower case, with repetitions. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyBytes: number;
}

async function listen(resources: Resources, server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy()));
  });
  server.listen(0, host);
  await once(server, 'listening');
  resources.add('upstream', () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const echo =
  (name: string): RequestListener =>
  async (request, response) => {
    let bodyBytes = 0;
    for await (const chunk of request) bodyBytes += (chunk as Buffer).length;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream');
    if (pathname === '/never') return;
    const cookie = searchParams.get('set-cookie');
    if (cookie !== null) response.setHeader('Set-Cookie', cookie);
    const seen: Echo = {
      server: name,
      method: request.method ?? '',
      url: request.url ?? '',
      headers: headersOf(request),
      bodyBytes,
    };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(seen) + (pathname === '/long' ? ' '.repeat(10_000) : ''));
  };

function headersOf({ rawHeaders }: IncomingMessage): Echo['headers'] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, at) => [
    (rawHeaders[2 * at] ?? '').toLowerCase(),
    rawHeaders[2 * at + 1] ?? '',
  ]);
}

/** [RFC 6455 §1.3] */
const WEB_SOCKET = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Echoes HTTP/1.1, and what is sent after an upgrade. Gives its port. */
export function startEcho(resources: Resources, name: string, host?: string): Promise<number> {
  const server = createServer(echo(name)).on('upgrade', ({ headers }, socket) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${WEB_SOCKET}`).digest('base64');
    const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    socket.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'));
    socket.pipe(socket).on('error', () => socket.destroy());
  });
  return listen(resources, server, host);
}

export function startHttpsEcho(resources: Resources, name: string, { cert, key }: ServerCertificate): Promise<number> {
  return listen(resources, createHttpsServer({ cert, key }, echo(name)));
}

/** HTTP/2 without TLS, as gRPC speaks it: answers each request with its body and a trailer. */
export function startHttp2(resources: Resources): Promise<number> {
  const server = createHttp2Server().on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => stream.destroy());
    stream.respond({ ':status': 200, 'x-version': '2.0' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  return listen(resources, server);
}

/** Sends its name, and then what it receives. */
export function startTcp(resources: Resources, name: string): Promise<number> {
  return listen(
    resources,
    createTcpServer((socket) => greet(socket, name)),
  );
}

export function startTls(resources: Resources, name: string, { cert, key }: ServerCertificate): Promise<number> {
  return listen(
    resources,
    createTlsServer({ cert, key }, (socket) =>
      greet(
        socket.on('error', () => socket.destroy()),
        name,
      ),
    ),
  );
}

function greet(socket: Socket, name: string): void {
  socket.write(`${name}\n`);
  socket.pipe(socket);
}

/** Answers any HTTP request with the first bytes of the connection, in base64. */
export function startRecorder(resources: Resources): Promise<number> {
  const server = createTcpServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!bytes.includes('\r\n\r\n')) return;
      const body = bytes.toString('base64');
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  return listen(resources, server);
}

/** Closes each connection when a request has arrived, without an answer. */
export function startCloser(resources: Resources): Promise<number> {
  return listen(
    resources,
    createTcpServer((socket) => void socket.once('data', () => socket.destroy())),
  );
}
