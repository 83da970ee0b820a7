/** Runs as a separate process: a DNS server that answers NXDOMAIN to everything. `node no-such-name.ts ADDRESS` */
import { createSocket } from 'node:dgram';

const socket = createSocket('udp4');
socket.on('message', (query, { address, port }) => {
  const end = query.indexOf(0, 12) + 5;
  const reply = Buffer.from(query.subarray(0, end));
  reply.writeUInt16BE(0x81_83, 2);
  reply.fill(0, 6, 12);
  socket.send(reply, port, address);
});
socket.bind(53, process.argv[2], () => process.stdout.write('ready\n'));
