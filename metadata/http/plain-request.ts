import type { Asked } from './request.ts';

/** What is read from the bytes of a plain request: all but where it comes from. */
export type PlainRequest = Omit<Asked, 'peer' | 'onGone'>;

/** Headers that ask for more than a reply: such a request is for the HTTP library. */
const SPECIAL =
  /^(connection|content-length|expect|keep-alive|range|te|trailer|transfer-encoding|upgrade|if-none-match)$/;
const REQUEST = /^GET ([!-~]{1,2048}) HTTP\/1\.1\r\n((?:[\w-]{1,64}: ?[ -~]*\r\n){1,32})\r\n$/;

/**
 * A request as confd, curl and most libraries send it: one whole GET in one packet, with nothing special. Null for everything
 * else, also for what is merely unusual: the HTTP library knows all of that better.
 */
export function parsePlainRequest(text: string): PlainRequest | null {
  const match = REQUEST.exec(text);
  const [, target = '', head = ''] = match ?? [];
  if (target === '') return null;
  const accept: string[] = [];
  let forwardedFor: string | undefined;
  let hosts = 0;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (SPECIAL.test(name)) return null;
    const value = line.slice(colon + 1).trim();
    if (name === 'host') hosts += 1;
    else if (name === 'accept') accept.push(value);
    else if (name === 'x-forwarded-for') forwardedFor ??= value || undefined;
  }
  if (hosts !== 1) return null;
  return { method: 'GET', target, lacksHost: false, accept, forwardedFor, ifNoneMatch: undefined };
}
