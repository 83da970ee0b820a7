/** A process that answers every TCP connect and HTTP request on loopback. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((_request, response) => response.end('ok'));
server.listen(0, '0.0.0.0', () => console.log((server.address() as AddressInfo).port));
