/**
 * A process with one listening socket for each container of the crowd: `node bench/health/listeners.ts FILE`. After SIGUSR1 it closes those
 * of `CLOSED`, one after the other, and adds a line `number time` to the file for each.
 */
import { appendFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED, PORT, TARGETS, targetAddress } from './crowd.ts';

/** On average this time passes between two closed ports. */
const PAUSE_MS = 150;

const [file = ''] = process.argv.slice(2);
const servers = await Promise.all(Array.from({ length: TARGETS }, (_, number) => listen(targetAddress(number))));
process.once('SIGUSR1', () => void closeAll());
console.log('listening');

async function closeAll(): Promise<void> {
  for (const number of CLOSED) {
    servers[number]?.close();
    appendFileSync(file, `${number} ${Date.now()}\n`);
    await sleep(2 * PAUSE_MS * Math.random());
  }
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\n'));
    });
    server.once('error', reject);
    server.listen(PORT, address, () => resolve(server));
  });
}
