import type { LbRequest } from '../../agent/index.ts';
import { usageFailure } from './io.ts';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

const FORM = /^(https?|tcp|tls|sni):\/\/(\[[0-9a-f:.]+\]|[^/:?#@[\]\s]*)(?::(\d{1,5}))?(\/[^?#\s]*)?(?:[?#]\S*)?$/i;

/** The argument URL of `drover why lb`: `http://shop.example.com/api`, `tcp://:5432`, `sni://db.example.com:8443`. */
export function parseLbUrl(text: string): LbRequest {
  const [, word = '', host = '', portText, path] = FORM.exec(text) ?? [];
  const protocol = word.toLowerCase() as LbRequest['protocol'];
  const port = portText === undefined ? (DEFAULT_PORTS[protocol] ?? 0) : Number(portText);
  if (word !== '' && port >= 1 && port <= 65_535) {
    return { protocol, host: host.toLowerCase().replace(/\.$/, ''), port, path: path ?? '/' };
  }
  const what = word === '' ? 'is not a URL of a load balancer' : `has no port from 1 to 65535`;
  throw usageFailure(`argument ${text}`, what, 'write it like http://shop.example.com/api or tcp://:5432');
}
