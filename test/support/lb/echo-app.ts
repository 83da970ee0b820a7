/**
 * A web server for tests of the load balancer, in a container or as a plain process: `node echo-app.ts`. It answers every request
 * with an `EchoReply`, after the body is complete, and returns the messages of WebSockets with its id in front.
 *
 *   SERVICE      name in the replies, default `web`
 *   PORT         default 8080
 *   ON_SIGTERM   `drain` (default): serves for SERVE_MS (default 1500) more, then closes the port and ends with the last connection.
 *                `exit`: exits at once
 *
 * Prints `listening PORT`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { acceptKey, CLOSE, encodeFrame, frameReader, TEXT } from './web-socket.ts';

export interface EchoReply {
  readonly service: string;
  /** Another one for each process. */
  readonly id: string;
  readonly path: string;
  readonly bodyBytes: number;
}

const { SERVICE = 'web', PORT = '8080', ON_SIGTERM = 'drain', SERVE_MS = '1500' } = process.env;
const ID = `${hostname()}-${process.pid}-${Date.now().toString(36)}`;

const server = createServer((request, response) => {
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  request.on('end', () => {
    const reply: EchoReply = { service: SERVICE, id: ID, path: request.url ?? '', bodyBytes };
    response.setHeader('Content-Type', 'application/json').end(`${JSON.stringify(reply)}\n`);
  });
});
// Node's 5 s would close idle connections that a load balancer is about to use.
server.keepAliveTimeout = 75_000;
server.on('upgrade', ({ headers }, socket) => echoFrames(String(headers['sec-websocket-key']), socket));
server.listen(Number(PORT), () => console.log(`listening ${(server.address() as AddressInfo).port}`));

process.on('SIGTERM', () => {
  if (ON_SIGTERM === 'exit') process.exit(0);
  setTimeout(() => server.close(), Number(SERVE_MS));
});

function echoFrames(key: string, socket: Duplex): void {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${[...lines, `Sec-WebSocket-Accept: ${acceptKey(key)}`].join('\r\n')}\r\n\r\n`);
  const read = frameReader(({ opcode, payload }) => {
    if (opcode === CLOSE) socket.end(encodeFrame({ opcode, payload }, { masked: false }));
    if (opcode !== TEXT) return;
    const text = Buffer.from(`${SERVICE} ${ID} ${payload}`);
    socket.write(encodeFrame({ opcode, payload: text }, { masked: false }));
  });
  socket.on('data', read).on('error', () => socket.destroy());
}
