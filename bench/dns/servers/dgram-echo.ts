/**
 * The capacity of Node's UDP sockets: returns each datagram with the response bit set. No server on dgram can be much faster.
 *   node dgram-echo.ts PORT
 */
import { createSocket } from 'node:dgram';

const BUFFER_SIZE = 4 * 1024 * 1024;
const socket = createSocket({
  type: 'udp4',
  recvBufferSize: BUFFER_SIZE,
  sendBufferSize: BUFFER_SIZE,
  lookup: (host, _options, callback) => callback(null, host, 4),
});
socket.on('message', (message, { port, address }) => {
  message[2] = (message[2] ?? 0) | 0x80;
  socket.send(message, port, address);
});
socket.bind(Number(process.argv[2]), '127.0.0.1');
