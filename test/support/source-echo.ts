import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

// Answers every client with the address that it sees: `node source-echo.ts NAME ADDRESS tcp:80 udp:53 ...`.
const [name = '', address = '', ...ports] = process.argv.slice(2);
const listening = ports.map(async (spec) => {
  const [protocol, port] = spec.split(':');
  if (protocol === 'tcp') {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${name} sees ${socket.remoteAddress}\n`);
    });
    await new Promise<void>((resolve) => server.listen(Number(port), address, resolve));
  } else {
    const socket = createSocket('udp4');
    socket.on('message', (_message, asker) => {
      socket.send(`${name} sees ${asker.address}\n`, asker.port, asker.address);
    });
    await new Promise<void>((resolve) => socket.bind(Number(port), address, resolve));
  }
});
await Promise.all(listening);
console.log('ready');
