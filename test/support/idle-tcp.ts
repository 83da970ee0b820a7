/**
 * Connections that carry nothing for a while, between two processes: `serve ADDRESS PORT`, and `ask ADDRESS PORT MS`, which prints for an idle
 * and for a half-closed connection what happened to it.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 3_000;
const [command = '', address = '', port = '0', idleMs = '0'] = process.argv.slice(2);

async function attend(socket: Socket): Promise<void> {
  const [first] = (await once(socket, 'data')) as [Buffer];
  const [kind, ms] = first.toString().split(' ');
  if (kind === 'half-closed') await once(socket, 'end');
  await sleep(Number(ms));
  if (kind === 'half-closed') socket.end('late');
  else socket.once('data', () => socket.end('done')).write('late');
}

async function outcome(kind: string): Promise<string> {
  const socket = connect({ host: address, port: Number(port), allowHalfOpen: true });
  socket.setTimeout(Number(idleMs) + PATIENCE_MS, () => socket.destroy(new Error('nothing arrived')));
  try {
    await once(socket, 'connect');
    socket.write(`${kind} ${idleMs}`);
    if (kind === 'half-closed') socket.end();
    else socket.once('data', () => socket.end('after'));
    return await text(socket);
  } catch (error) {
    return (error as Error).message;
  }
}

if (command === 'serve') {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    attend(socket).catch(() => socket.destroy());
  });
  server.listen(Number(port), address, () => console.log('ready'));
} else {
  const kinds = ['idle', 'half-closed'];
  const found = await Promise.all(kinds.map(outcome));
  for (const [index, kind] of kinds.entries()) console.log(`${kind}: ${found[index]}`);
}
