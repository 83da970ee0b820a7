import { isIPv4 } from 'node:net';
import type { Listen, UdpServer } from './server.ts';
import { serveBatch, type UdpBatchAddon } from './udp-batch.ts';
import type { UdpContext } from './udp-context.ts';
import { serveDgram } from './udp-dgram.ts';

/** Answers at one address: in batches with the addon and IPv4, otherwise with Node's own sockets. */
export async function serveUdp(addon: UdpBatchAddon | null, context: UdpContext, listen: Listen): Promise<UdpServer> {
  if (addon && isIPv4(listen.address)) return serveBatch(addon, context, listen);
  return serveDgram(context, listen);
}
