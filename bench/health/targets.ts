/**
 * A process that answers every TCP connect and HTTP request on loopback. Prints its port, and after each SIGUSR2 the longest time in
 * milliseconds that passed between two requests at one address since the last one.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const lastMs = new Map<string, number>();
let longestMs = 0;

const server = createServer((request, response) => {
  const { localAddress = '' } = request.socket;
  const nowMs = performance.now();
  longestMs = Math.max(longestMs, nowMs - (lastMs.get(localAddress) ?? nowMs));
  lastMs.set(localAddress, nowMs);
  response.end('ok');
});
process.on('SIGUSR2', () => {
  console.log(longestMs.toFixed(0));
  longestMs = 0;
});
server.listen(0, '0.0.0.0', () => console.log((server.address() as AddressInfo).port));
