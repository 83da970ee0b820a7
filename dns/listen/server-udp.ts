import { isIPv4 } from 'node:net';
import type { Clock } from '../../system/index.ts';
import type { FastAnswer } from '../query/fast-answer.ts';
import type { GeneralPath } from './general-path.ts';
import type { Listen, UdpServer } from './server.ts';
import { serveBatch, type UdpBatchAddon } from './udp-batch.ts';
import { serveDgram } from './udp-dgram.ts';

export type { Listen, Server } from './server.ts';

export interface UdpContext {
  /** Asked first, for IPv4. */
  readonly fast: FastAnswer;
  /** Told how long so many fast replies took, from the kernel's hands back into them. */
  readonly onFast?: (micros: number, count: number) => void;
  readonly general: GeneralPath;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Answers at one address: in batches with the addon, for IPv4; else, or with `null`, with what Node has. */
export async function serveUdp(addon: UdpBatchAddon | null, context: UdpContext, listen: Listen): Promise<UdpServer> {
  if (addon && isIPv4(listen.address)) return serveBatch(addon, context, listen);
  return serveDgram(context, listen);
}
