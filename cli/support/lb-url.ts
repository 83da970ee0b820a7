import type { LbRequest } from '../../agent/index.ts';
import { canonicalAddress } from '../../model/index.ts';
import { usageFailure } from './io.ts';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

const FORM = /^(https?|tcp|tls|sni):\/\/(\[[0-9a-f:.]+\]|[^/:?#@[\]\s]*)(?::(\d{1,5}))?(\/[^?#\s]*)?(?:[?#]\S*)?$/i;

/** The argument URL of `drover why lb`: `http://shop.example.com/api`, `tcp://:5432`, `sni://db.example.com:8443`. `from`: address of a client. */
export function parseLbUrl(text: string, from: string | null = null): LbRequest {
  const [, word = '', host = '', portText, path] = FORM.exec(text) ?? [];
  const protocol = word.toLowerCase() as LbRequest['protocol'];
  const port = portText === undefined ? (DEFAULT_PORTS[protocol] ?? 0) : Number(portText);
  if (word !== '' && port >= 1 && port <= 65_535) {
    return { protocol, host: host.toLowerCase().replace(/\.$/, ''), port, path: path ?? '/', from: client(from) };
  }
  const what = word === '' ? 'is not a URL of a load balancer' : `has no port from 1 to 65535`;
  throw usageFailure(`argument ${text}`, what, 'write it like http://shop.example.com/api or tcp://:5432');
}

function client(from: string | null): string | null {
  const address = from === null ? null : canonicalAddress(from);
  if (from !== null && address === null) {
    throw usageFailure(`--from ${from}`, 'is not an IP address', 'give the address of the client, as HAProxy sees it');
  }
  return address;
}
