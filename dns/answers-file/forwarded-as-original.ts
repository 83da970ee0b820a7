import type { Forwarded, Forwarding } from '../upstream/forwarder.ts';
import { RCODE, TYPE } from '../wire/codes.ts';

/**
 * Like rancher-dns: NXDOMAIN for an AAAA question becomes NODATA. Many upstreams answer NXDOMAIN for names that have only
 * IPv4 addresses, and clients then treat the name as missing.
 */
export function forwardedAsOriginal({ forward }: Forwarding): Forwarding {
  const soften = (forwarded: Forwarded | null, type: number): Forwarded | null => {
    if (!forwarded || type !== TYPE.AAAA || (forwarded.reply.readUInt8(3) & 0xf) !== RCODE.NXDOMAIN) return forwarded;
    const reply = Buffer.from(forwarded.reply);
    reply.writeUInt8(reply.readUInt8(3) & 0xf0, 3);
    return { ...forwarded, reply };
  };
  return {
    forward: (message, questionEnd, asker) => {
      const type = message.readUInt16BE(questionEnd - 4);
      const forwarded = forward(message, questionEnd, asker);
      return forwarded instanceof Promise ? forwarded.then((late) => soften(late, type)) : soften(forwarded, type);
    },
  };
}
