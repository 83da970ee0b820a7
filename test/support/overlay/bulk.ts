import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

// `node bulk.ts serve ADDRESS PORT` sends everything back, over TCP and UDP.
// `node bulk.ts exchange ADDRESS PORT BYTES DATAGRAM_BYTES` prints how many bytes came back over each; datagrams are sent until one does.
const [mode, address = '', port = '', bytes = '', datagramBytes = ''] = process.argv.slice(2);

if (mode === 'serve') {
  const server = createServer((socket) => void socket.on('error', () => {}).pipe(socket));
  await once(server.listen(Number(port), address), 'listening');
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  await once(socket.bind(Number(port), address), 'listening');
  console.log('ready');
} else {
  const stream = connect(Number(port), address);
  stream.end(Buffer.alloc(Number(bytes)));
  let received = 0;
  for await (const chunk of stream) received += (chunk as Buffer).length;
  const socket = createSocket('udp4');
  const send = () => socket.send(Buffer.alloc(Number(datagramBytes)), Number(port), address, () => {});
  const repeat = setInterval(send, 200);
  const [message] = await once(socket, 'message');
  clearInterval(repeat);
  socket.close();
  console.log(`${received} ${(message as Buffer).length}`);
}
