import type { Cookies } from '../cookies/cookies.ts';
import type { ClientEdns } from '../read/client-edns.ts';
import { OPTION_COOKIE, OPTION_KEEPALIVE } from '../read/client-edns.ts';

/** The receiver of the reply. */
export interface ReplyTo {
  readonly address: string;
  /** How long its TCP connection may stay idle. */
  readonly idleMs?: number;
}

const NONE = Buffer.alloc(0);
/** The unit of the keepalive option [RFC 7828 §3.1]. */
const KEEPALIVE_UNIT_MS = 100;

/** The options of the OPT record of a reply: only those that the client requested. */
export function replyOptions(edns: ClientEdns | null, to: ReplyTo, cookies: Cookies): Buffer {
  if (!edns || (edns.cookie === null && !edns.keepAlive)) return NONE;
  const options: Buffer[] = [];
  if (edns.cookie) options.push(option(OPTION_COOKIE, cookies.reply(edns.cookie, to.address)));
  // Must be ignored over UDP [RFC 7828 §3.2.2].
  if (edns.keepAlive && to.idleMs !== undefined) {
    const timeout = Buffer.alloc(2);
    timeout.writeUInt16BE(Math.min(0xffff, Math.floor(to.idleMs / KEEPALIVE_UNIT_MS)));
    options.push(option(OPTION_KEEPALIVE, timeout));
  }
  return Buffer.concat(options);
}

function option(code: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}
