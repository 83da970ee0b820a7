import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const load = createRequire(import.meta.url);

/**
 * The codec of dns2, without the rest of the package: its main module loads a DoH client with TLS and HTTP/2, which costs 30 ms and
 * 6 MB in every process (version 3.1.1).
 */
export const Packet = load(
  join(dirname(load.resolve('dns2/package.json')), 'packet.js'),
) as typeof import('dns2').Packet;
